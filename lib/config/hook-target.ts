/** Names the hooks, and checks their targets and secret. Pure. */

/** The events that have a hook; the setting is `on_<event>`. */
export const HOOKS = ['completed', 'failed', 'dead', 'cancelled', 'drained'] as const
export type Hook = (typeof HOOKS)[number]

/** Can this be the target of a hook? A command need not exist yet. */
export function isHook(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 8192 || value.includes('\0')) return false
  return !isUrl(value) || URL.canParse(value)
}

/** Is the target a URL, and not a command? */
export const isUrl = (text: string): boolean => /^https?:\/\//i.test(text)

const WHSEC = /^whsec_([A-Za-z0-9+/]+=*)$/

export const isHookSecret = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= 1024 && (!value.startsWith('whsec_') || WHSEC.test(value))

/** The key as bytes: what follows `whsec_`, decoded from base64, or else the text itself. */
export function keyBytes(secret: string): Buffer {
  const encoded = WHSEC.exec(secret)?.[1]
  return encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, 'base64')
}
