/** What a power cut could take: the steps on the disk replayed with everything undone that was not flushed. */
import { basename, dirname } from 'node:path'
import type { Step } from './library.ts'

/**
 * What had not been flushed when something was printed: contents and names of jobs. Empty when all had been, and
 * something had.
 */
export function flushed(steps: readonly Step[], home: string): string[] {
  const contents = new Set<string>()
  const names = new Set<string>()
  const jobs = new Set<string>()
  const wrong: string[] = []
  for (const { operation, path, second } of steps) {
    if (operation === 'write') contents.add(path)
    if (operation === 'rename') {
      if (contents.delete(path)) contents.add(second)
      names.add(second)
      if ([`${home}/pending`, `${home}/scheduled`].includes(dirname(second))) jobs.add(second)
    }
    if (operation === 'syncfs') for (const all of [contents, names]) all.clear()
    if (operation === 'sync') {
      contents.delete(path)
      for (const name of names) if (dirname(name) === path) names.delete(name)
    }
    if (operation !== 'say') continue
    if (jobs.size === 0) wrong.push('an acknowledgement came before the job')
    for (const job of jobs) {
      if (contents.has(job)) wrong.push(`${basename(job)} was acknowledged before its content was flushed`)
      if (names.has(job)) wrong.push(`${basename(job)} was acknowledged before its name was flushed`)
    }
  }
  if (!steps.some(({ operation }) => operation === 'say')) wrong.push('nothing was acknowledged')
  return wrong
}
