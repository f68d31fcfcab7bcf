/** Names scratch in `tmp/` by the process that it belongs to, so that a sweeper whose clock was set ahead spares it. */
import { join } from 'node:path'
import { randomHex } from '../clock.ts'

type ScratchKind = 'new' | 'note' | 'reserved' | 'logs' | 'sign'

/** A free path in `tmp/` for this process: `<label>.<pid>-<8 hex digits>.<kind>`. */
export const scratchPath = (tmp: string, label: string, kind: ScratchKind): string =>
  join(tmp, `${label}.${process.pid}-${randomHex(8)}.${kind}`)

/** Is this the name of scratch, as this or an earlier version makes it? */
export const isScratch = (name: string): boolean => /\.(new|note|reserved|fifos|logs)$|^(worker|operator)-/.test(name)

/** The pid of the process that scratch belongs to; undefined when its name does not contain one. */
export function scratchOwner(name: string): number | undefined {
  const [, holder, pid] = /^(?:worker|operator)-(\d+)-|\.(\d+)-[0-9a-f]{8}\.\w+$/.exec(name) ?? []
  const owner = holder ?? pid
  return owner === undefined ? undefined : Number(owner)
}
