/** How a warning says that a name was read as another one. Apart from `spelling.ts`, whose tables the shortest way to enqueue does without. */

/** What is written before a member that was renamed. */
export const READ_AS = ' was read as '

/** Does this warning only say what a name was read as? */
export const isReadAs = (warning: string): boolean => warning.includes(READ_AS)
