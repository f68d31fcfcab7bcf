/**
 * Probes the file system of a home: its type, and whether what the queue needs works in a directory in `tmp/`.
 *
 * Crash: scratch, for the sweeper.
 */
import { statfsSync, watch } from 'node:fs'
import { join } from 'node:path'
import { nowMs } from '../clock.ts'
import { errno } from '../errors.ts'
import { linkNew, lstat, makeDir, move, readText, removeScratchDir, writeNew } from './files.ts'
import { syncDir } from './sync.ts'
import { fifoState, makeFifos } from './fifo.ts'
import { scratchPath } from './scratch.ts'

/** `memory`: lost when the machine stops. `network`, `fuse`: may not keep the guarantees of a local file system. */
export type FileSystemKind = 'local' | 'memory' | 'network' | 'fuse' | 'unknown'

export interface FsCapabilities {
  /** Such as `ext4`; its magic number in hexadecimal when it is not known. */
  readonly type: string
  readonly kind: FileSystemKind
  /** The abilities that were tried and failed, and why. */
  readonly failed: readonly { readonly ability: string; readonly why: string }[]
  /** Milliseconds its clock is ahead of ours; undefined when no file could be created. */
  readonly ahead: number | undefined
}

/** Keyed by the magic numbers of statfs(2) on Linux. */
const TYPES: Readonly<Record<number, readonly [string, FileSystemKind]>> = {
  0xef53: ['ext4', 'local'],
  0x58465342: ['xfs', 'local'],
  0x9123683e: ['btrfs', 'local'],
  0xca451a4e: ['bcachefs', 'local'],
  0x2fc12fc1: ['zfs', 'local'],
  0xf2f52010: ['f2fs', 'local'],
  0x794c7630: ['overlay', 'local'],
  0x3153464a: ['jfs', 'local'],
  0x3434: ['nilfs', 'local'],
  0x01021994: ['tmpfs', 'memory'],
  0x858458f6: ['ramfs', 'memory'],
  0x6969: ['nfs', 'network'],
  0xff534d42: ['cifs', 'network'],
  0xfe534d42: ['smb2', 'network'],
  0x01021997: ['9p', 'network'],
  0x00c36400: ['ceph', 'network'],
  0x0bd00bd0: ['lustre', 'network'],
  0x47504653: ['gpfs', 'network'],
  0x65735546: ['fuse', 'fuse'],
  0x4d44: ['vfat', 'local'],
  0x2011bab0: ['exfat', 'local'],
}

/**
 * File systems that one kernel has for itself, by the numbers of statfs(2). Anything else, known or not, may be used by
 * other kernels at the same time.
 */
const LOCAL: Readonly<Partial<Record<NodeJS.Platform, readonly number[]>>> = {
  linux: [
    0xef53, // ext2, ext3, ext4
    0x58465342, // xfs
    0x9123683e, // btrfs
    0xf2f52010, // f2fs
    0x2fc12fc1, // zfs
    0xca451a4e, // bcachefs
    0x01021994, // tmpfs
    0x858458f6, // ramfs
    0x794c7630, // overlay
    0x3153464a, // jfs
    0x3434, // nilfs
    0x4253584e, // apfs
    0x4244, // hfs
    0x482b, // hfs+
    0x00011954, // ufs
  ],
  darwin: [
    0x1a, // apfs
    0x11, // hfs
  ],
  freebsd: [
    0x35, // ufs
    0xde, // zfs
  ],
}

/** Is a path on a file system that only this kernel can have mounted? Others may still reach it through this machine. */
export const isLocal = (path: string): boolean =>
  LOCAL[process.platform]?.includes(statfsSync(path).type >>> 0) === true

/** The type and kind of the file system of a path. */
export function fileSystemOf(path: string): Pick<FsCapabilities, 'type' | 'kind'> {
  const magic = statfsSync(path).type >>> 0
  const known = process.platform === 'linux' ? TYPES[magic] : undefined
  return known ? { type: known[0], kind: known[1] } : { type: `0x${magic.toString(16)}`, kind: 'unknown' }
}

/** Tries what the queue needs of its file system. */
export function probeFileSystem(home: { readonly root: string; readonly tmp: string }): FsCapabilities {
  const dir = scratchPath(home.tmp, 'doctor', 'new')
  const at = (name: string): string => join(dir, name)
  const failed: { ability: string; why: string }[] = []
  let ahead: number | undefined
  const attempt = (ability: string, act: () => boolean | void): void => {
    try {
      if (act() === false) failed.push({ ability, why: 'it had no effect' })
    } catch (error) {
      failed.push({ ability, why: errno(error) ?? (error instanceof Error ? error.message : String(error)) })
    }
  }
  try {
    attempt('create and flush a file', () => {
      makeDir(dir)
      writeNew(at('a'), 'x')
      ahead = (lstat(at('a'))?.mtimeMs ?? 0) - nowMs()
    })
    if (ahead === undefined) return { ...fileSystemOf(home.root), failed, ahead }
    attempt('rename over a file', () => {
      writeNew(at('b'), 'y', false)
      return move(at('a'), at('b')) && readText(at('b')) === 'x'
    })
    attempt('hard links', () => {
      writeNew(at('d'), 'z', false)
      return linkNew(at('b'), at('c')) && !linkNew(at('d'), at('c'))
    })
    attempt('flush a directory', () => syncDir(dir))
    attempt('FIFOs', () => {
      makeFifos([at('fifo')])
      return fifoState(at('fifo')) === 'free'
    })
    attempt('watch a directory', () => watch(dir, { persistent: false }).close())
  } finally {
    removeScratchDir(dir)
  }
  return { ...fileSystemOf(home.root), failed, ahead }
}

/** This user's inotify limits; undefined where there is no inotify. */
export function watchLimits(): { readonly watches: number; readonly instances: number } | undefined {
  const limit = (name: string): number => Number(readText(`/proc/sys/fs/inotify/${name}`))
  const limits = { watches: limit('max_user_watches'), instances: limit('max_user_instances') }
  return limits.watches > 0 ? limits : undefined
}
