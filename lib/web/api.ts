/** Sends requests to the server; the only file that does. Every failure is thrown as a Problem. */
import type { ProblemJson } from './api-types.ts'

const ROOT = '/api/v1'

/** A failed request, with the message and hint of the server. */
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
  // The token changed or the cookie expired: the application asks for the session again.
  if (answer.status === 401) document.dispatchEvent(new Event('signedout'))
  const failure = (await answer.json().catch(() => ({}))) as Partial<ProblemJson>
  throw new Problem(
    answer.status,
    failure.code ?? 'HTTP',
    failure.detail ?? failure.title ?? answer.statusText,
    failure.hint,
  )
}

const readContent = async (answer: Response): Promise<unknown> => (answer.status === 204 ? undefined : answer.json())

export const get = async <T>(path: string): Promise<T> => (await readContent(await send('GET', path))) as T
export const post = async <T>(path: string, body: unknown = {}): Promise<T> =>
  (await readContent(await send('POST', path, body))) as T
export const patch = async <T>(path: string, body: unknown, match?: string): Promise<T> =>
  (await readContent(await send('PATCH', path, body, match === undefined ? {} : { 'if-match': match }))) as T
export const sendDelete = async (path: string): Promise<void> => {
  await send('DELETE', path, {})
}

/** The ETag of a resource, to be sent as If-Match with a change. */
export async function fetchEtag(path: string): Promise<string | undefined> {
  return (await send('GET', path)).headers.get('etag') ?? undefined
}

export const jobApiPath = (id: string): string => `/jobs/${encodeURIComponent(id)}`

/** The address of a path of the API, for links and event streams. */
export const apiUrl = (path: string): string => ROOT + path
