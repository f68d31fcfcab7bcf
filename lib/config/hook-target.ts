/** Names the hooks, and checks their targets and secret. Pure. */

/** The events that have a hook; the setting is `on_<event>`. */
export const HOOKS = ['completed', 'failed', 'dead', 'cancelled', 'drained'] as const
export type Hook = (typeof HOOKS)[number]

/** Can this be the target of a hook? A command need not exist yet. */
export function isHook(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 8192 || value.includes('\0')) return false
  return !isUrl(value) || (URL.canParse(value) && new URL(value).password !== HIDDEN)
}

/** Is the target a URL, and not a command? */
export const isUrl = (text: string): boolean => /^https?:\/\//i.test(text)

/** Stands for a password where a URL is shown; not accepted as one, so that no shown value is set by mistake. */
const HIDDEN = '(hidden)'

/** A hook's target as people are shown it: a URL without its password. */
export function shownTarget(target: string): string {
  if (!isUrl(target)) return target
  if (!URL.canParse(target)) return '(no valid URL)'
  const url = new URL(target)
  if (url.password === '') return target
  url.password = HIDDEN
  return url.href
}

/** Splits a URL into what is requested and the Basic authorisation that its user name and password stand for. */
export function splitCredentials(target: string): { readonly url: string; readonly authorization: string | undefined } {
  const url = new URL(target)
  const { username, password } = url
  if (username === '' && password === '') return { url: target, authorization: undefined }
  url.username = ''
  url.password = ''
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')
  return { url: url.href, authorization: `Basic ${credentials}` }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that stands for itself.
    return text
  }
}

const WHSEC = /^whsec_([A-Za-z0-9+/]+=*)$/

export const isHookSecret = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= 1024 && (!value.startsWith('whsec_') || WHSEC.test(value))

/** The key as bytes: what follows `whsec_`, decoded from base64, or else the text itself. */
export function keyBytes(secret: string): Buffer {
  const encoded = WHSEC.exec(secret)?.[1]
  return encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, 'base64')
}
