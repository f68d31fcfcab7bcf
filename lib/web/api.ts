/** Asking the server. The only file that sends requests; every refusal comes back as a Problem that says why. */

const ROOT = '/api/v1'

/** A refusal, in the words of the server. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly code: string
  readonly hint: string | undefined

  constructor(status: number, code: string, detail: string, hint?: string) {
    super(detail)
    this.status = status
    this.code = code
    this.hint = hint
  }
}

interface Refusal {
  readonly code?: string
  readonly detail?: string
  readonly title?: string
  readonly hint?: string
}

async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  let answer: Response
  try {
    answer = await fetch(ROOT + path, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    throw new Problem(0, 'UNREACHABLE', 'the server does not answer', 'is queuectl web still running?')
  }
  if (answer.ok) return answer
  // The token was changed, or the cookie is gone: whoever holds the door looks again.
  if (answer.status === 401) document.dispatchEvent(new Event('signedout'))
  const said = (await answer.json().catch(() => ({}))) as Refusal
  throw new Problem(answer.status, said.code ?? 'HTTP', said.detail ?? said.title ?? answer.statusText, said.hint)
}

const content = async (answer: Response): Promise<unknown> => (answer.status === 204 ? undefined : answer.json())

export const get = async <T>(path: string): Promise<T> => (await content(await send('GET', path))) as T
export const post = async <T>(path: string, body: unknown = {}): Promise<T> =>
  (await content(await send('POST', path, body))) as T
export const patch = async <T>(path: string, body: unknown, match?: string): Promise<T> =>
  (await content(await send('PATCH', path, body, match === undefined ? {} : { 'if-match': match }))) as T
export const remove = async (path: string): Promise<void> => {
  await send('DELETE', path, {})
}

/** The mark of a thing's version, to be sent along with a change of it. */
export async function markOf(path: string): Promise<string | undefined> {
  return (await send('GET', path)).headers.get('etag') ?? undefined
}

export const jobApi = (id: string): string => `/jobs/${encodeURIComponent(id)}`

/** The address of a stream of events. */
export const streamOf = (path: string): string => ROOT + path
