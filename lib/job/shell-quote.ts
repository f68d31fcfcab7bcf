/** Quoting for `/bin/sh`. The only quoting function of the program: the pages use it too. */

/** A word that a shell reads back as it is, quoted only where it must be. */
export const shellQuote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : alwaysQuoted(word))

/** The same, always in quotes: for a word that a shell could take for a keyword or an assignment. */
export const alwaysQuoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`
