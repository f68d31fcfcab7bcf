/** Hooks: whom to tell what became of a job, as the settings name them. Pure. */

/** What a hook may be told of: the settings are called `on_<this>`. */
export const HOOKS = ['completed', 'failed', 'dead', 'cancelled', 'drained'] as const
export type Hook = (typeof HOOKS)[number]

/** Could this be told something? The command is not looked for: it may come later. */
export function isHook(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 8192 || value.includes('\0')) return false
  return !isUrl(value) || URL.canParse(value)
}

/** Is a hook a URL, and not a command? */
export const isUrl = (text: string): boolean => /^https?:\/\//i.test(text)

const CODED = /^whsec_([A-Za-z0-9+/]+=*)$/

export const isHookSecret = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= 1024 && (!value.startsWith('whsec_') || CODED.test(value))

/** The bytes of the key: `whsec_` and base64, or the text itself. */
export function keyBytes(secret: string): Buffer {
  const coded = CODED.exec(secret)?.[1]
  return coded === undefined ? Buffer.from(secret) : Buffer.from(coded, 'base64')
}
