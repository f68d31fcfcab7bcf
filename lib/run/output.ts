/** What runs have written, as files of bytes: how long they are, and parts of them. Reading only. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { errno } from '../errors.ts'
import { look } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { runNumbers, runPaths } from './traces.ts'

/** A run that left output. */
export interface Written {
  readonly run: number
  readonly stdout_bytes: number | null
  readonly stderr_bytes: number | null
}

/** All runs of a job that left output, ascending. */
export const writtenBy = (home: Home, id: string): Written[] =>
  runNumbers(home, id).map((run) => {
    const { out, err } = runPaths(home, id, run)
    return { run, stdout_bytes: look(out)?.size ?? null, stderr_bytes: look(err)?.size ?? null }
  })

const BLOCK = 65_536

/** The bytes of a file from `from` up to `to`, in blocks; fewer when it is shorter by now. */
export function* bytesOf(path: string, from: number, to: number): Generator<Buffer<ArrayBuffer>> {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    // Removed with its job meanwhile.
    if (errno(error) === 'ENOENT') return
    throw error
  }
  try {
    const end = Math.min(to, fstatSync(fd).size)
    for (let at = from; at < end; ) {
      const block = Buffer.alloc(Math.min(BLOCK, end - at))
      const got = readSync(fd, block, 0, block.length, at)
      if (got === 0) return
      at += got
      yield block.subarray(0, got)
    }
  } finally {
    closeSync(fd)
  }
}
