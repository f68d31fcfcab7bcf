/** Quotes words for `/bin/sh`. The pages use it too. */

/** A word that a shell reads as it is, quoted only if necessary. */
export const shellQuote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : alwaysQuoted(word))

/** A word in quotes, for one that a shell could take for a keyword or an assignment. */
export const alwaysQuoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`
