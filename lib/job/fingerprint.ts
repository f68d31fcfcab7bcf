/**
 * Groups error messages that differ only in what changes from job to job. Pure.
 *
 * What is masked: UUIDs, quoted texts, paths and addresses, hexadecimal and other numbers. The exit code that a message of
 * ours begins with stays: it is what the command said about itself.
 */

/** How a message of ours begins. */
const EXIT_CODE = /^(?:[a-z ]+: )?exit code \d+(?=$|[:,])/

/** Only this many characters of an error are compared. */
const MAX_CHARS = 500

/** In this order: each sees what those before it have left. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b/gi, '<uuid>'],
  // A quote inside of a word is an apostrophe.
  [/(?<![\p{L}\d])(["'`])(?:(?!\1).)*\1(?![\p{L}\d])|“[^”]*”|‘[^’]*’|«[^»]*»/gu, '<text>'],
  [/\b[a-z][a-z\d+.-]*:\/\/[^\s<>,;)]+/gi, '<url>'],
  [/(?<![\w<>.])(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w.@%+~-]+)+[/\\]?|(?<![\w<>])[\w.-]+(?:\/[\w.@%+~-]+)+/g, '<path>'],
  [/\b0x[\da-f]+\b|\b(?=[\da-f]*\d)(?=[\da-f]*[a-f])[\da-f]{6,}\b/gi, '<hex>'],
  [/\d+(?:[.,:_-]\d+)*/g, '<n>'],
]

/** Two errors are alike when this is equal: the error with `<n>`, `<hex>`, `<uuid>`, `<path>`, `<url>`, `<text>` in it. */
export function errorFingerprint(error: string): string {
  const code = EXIT_CODE.exec(error)?.[0] ?? ''
  let rest = error.slice(code.length, MAX_CHARS)
  for (const [pattern, mask] of MASKS) rest = rest.replaceAll(pattern, mask)
  return code + rest
}
