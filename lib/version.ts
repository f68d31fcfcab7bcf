/** The version of queuectl, inserted when the program is bundled. */
declare const QUEUECTL_VERSION: string | undefined

export const VERSION = typeof QUEUECTL_VERSION === 'string' ? QUEUECTL_VERSION : 'unbundled'
