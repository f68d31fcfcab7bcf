/** Shows what a job waits for and what waits for it, as trees. */
import { conditionsOf, type When } from '../job/after.ts'
import { shownState } from '../job/state.ts'
import type { Home } from '../spool/layout.ts'
import { findExact } from '../spool/lookup.ts'
import { type JobFile, jobFiles, readJobFile } from '../spool/scan.ts'
import { resolveJob, type JobRefOrId } from './resolve.ts'

/** A job in a tree, with the condition between it and the job above it. */
export interface Dependency {
  readonly id: string
  /** `gone`: there is no such job. */
  readonly state: string
  readonly when: When
  /** Was this seen to hold? */
  readonly met: boolean
  /** What it waits for itself, or what waits for it. */
  readonly next: readonly Dependency[]
}

export interface Dependencies {
  readonly id: string
  readonly state: string
  readonly parents: readonly Dependency[]
  readonly children: readonly Dependency[]
}

/** @throws QueueError NOT_FOUND; USAGE when several jobs match */
export function dependenciesOf(home: Home, target: JobRefOrId): Dependencies {
  const file = resolveJob(home, typeof target === 'string' ? target : target.id, 'show the dependencies of')
  const { id } = file.name
  return {
    id,
    state: shownState(file.state),
    parents: parentsOf(home, file, new Set([id])),
    children: childrenOf(id, childrenByParent(home), new Set([id])),
  }
}

/** @param seen ids above in the tree: only hands can make a ring, and it ends there */
function parentsOf(home: Home, file: JobFile, seen: ReadonlySet<string>): Dependency[] {
  const job = readJobFile(file)?.job
  return conditionsOf(job ?? {}).map(({ job: parent, when }) => {
    const found = findExact(home, parent)
    return {
      id: parent,
      state: found ? shownState(found.state) : 'gone',
      when,
      met: job?.met?.includes(parent) === true,
      next: !found || seen.has(parent) ? [] : parentsOf(home, found, new Set([...seen, parent])),
    }
  })
}

type Child = Omit<Dependency, 'next'>

/** Those that have not run: what others waited for is not asked any more. */
function childrenByParent(home: Home): ReadonlyMap<string, Child[]> {
  const found = new Map<string, Child[]>()
  for (const file of jobFiles(home, ['waiting', 'held', 'dead'])) {
    const job = readJobFile(file)?.job
    if (!job || job.runs > 0) continue
    for (const { job: parent, when } of conditionsOf(job)) {
      const child = { id: job.id, state: shownState(file.state), when, met: job.met?.includes(parent) === true }
      const others = found.get(parent)
      if (others) others.push(child)
      else found.set(parent, [child])
    }
  }
  return found
}

const childrenOf = (id: string, all: ReadonlyMap<string, readonly Child[]>, seen: ReadonlySet<string>): Dependency[] =>
  (all.get(id) ?? []).map((child) => ({
    ...child,
    next: seen.has(child.id) ? [] : childrenOf(child.id, all, new Set([...seen, child.id])),
  }))
