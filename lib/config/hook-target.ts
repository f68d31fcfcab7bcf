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

/** Ports that the Fetch standard blocks. */
const BLOCKED_PORTS = new Set(
  `0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 135 137
  139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 995 1719 1720
  1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080`.split(/\s+/),
)

/** Why a target can never be called, though it looks like one; undefined when it may be. */
export function whyUnreachable(target: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(target)?.[1]
  if (scheme === undefined) return undefined
  if (!isUrl(target)) return `${scheme}:// cannot be posted to`
  const { port } = new URL(target)
  return BLOCKED_PORTS.has(port)
    ? `nothing can be fetched from port ${port}: it belongs to another protocol`
    : undefined
}

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
