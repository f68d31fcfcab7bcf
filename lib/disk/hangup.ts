/**
 * Tells whether this process was started to outlive its terminal, as by nohup(1): then SIGHUP must not end it.
 *
 * nohup ignores SIGHUP for what it starts, but Node makes that the default again before any of our code runs. What is
 * left to see: that our parent ignores it too (a script under nohup, or a shell after `trap '' HUP`), the name that bash
 * and zsh leave in `_`, or the write-only stdin that nohup gives a program in place of a terminal.
 */
import { readFileSync, readlinkSync } from 'node:fs'

const SIGHUP = 1n
const WRITE_ONLY = 0o1
const ACCESS_MODE = 0o3

/** @param from what is asked, for tests */
export function outlivesTerminal(from: { ppid: number; env: NodeJS.ProcessEnv } = process): boolean {
  return /(^|\/)nohup$/.test(from.env._ ?? '') || (from.ppid > 1 && ignoresHangup(from.ppid)) || hasStdinOfNohup()
}

function ignoresHangup(pid: number): boolean {
  const [, mask] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(read(`/proc/${pid}/status`)) ?? []
  return mask !== undefined && ((BigInt(`0x${mask}`) >> (SIGHUP - 1n)) & 1n) === 1n
}

function hasStdinOfNohup(): boolean {
  const [, flags] = /^flags:\s*([0-7]+)$/m.exec(read('/proc/self/fdinfo/0')) ?? []
  if (flags === undefined || (Number.parseInt(flags, 8) & ACCESS_MODE) !== WRITE_ONLY) return false
  try {
    return readlinkSync('/proc/self/fd/0') === '/dev/null'
  } catch {
    // Closed.
    return false
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // No /proc, or a process that is gone: it tells nothing.
    return ''
  }
}
