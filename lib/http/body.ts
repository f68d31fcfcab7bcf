/** Reads the body of a request: JSON, of a limited size. */
import type { Context } from 'hono'
import { refuseInexactNumbers } from '../job/exact-numbers.ts'
import { HttpError } from './problem.ts'

/** Room for one job (1 MiB) and for ten thousand ids (a little more). */
export const MAX_BODY_BYTES = 2 * 1024 * 1024

/** The body of a request: one JSON object; an empty body is an empty object. @throws HttpError 400, 413 */
export async function readBody(c: Context): Promise<Record<string, unknown>> {
  const tooLarge = new HttpError(413, `the body is larger than ${MAX_BODY_BYTES} bytes`)
  if (Number(c.req.header('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge
  const blocks: Uint8Array[] = []
  let size = 0
  for await (const block of c.req.raw.body ?? []) {
    size += block.length
    if (size > MAX_BODY_BYTES) throw tooLarge
    blocks.push(block)
  }
  const text = Buffer.concat(blocks).toString('utf8')
  if (text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new HttpError(400, `the body is not JSON: ${(error as Error).message}`)
  }
  refuseInexactNumbers(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new HttpError(400, 'the body is not one JSON object')
  return value as Record<string, unknown>
}

/** The reason that a client gives. @throws HttpError 400 */
export function readReason({ reason }: Readonly<Record<string, unknown>>): string | undefined {
  if (reason === undefined) return undefined
  if (typeof reason === 'string' && reason.length <= 500) return reason
  throw new HttpError(400, 'reason: expected a text of at most 500 characters')
}
