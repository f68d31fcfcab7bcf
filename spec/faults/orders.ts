/**
 * Every order of the steps of those who meet at a door: the parent's end, the child's enqueue, a retry and a prune of the
 * parent, each of which may die before any of its steps. Afterwards a worker recovers, looks at the doors and runs what it may;
 * then the child must have run exactly once if the parent succeeded last, and be dead with the reason otherwise.
 *
 * The steps are those of `lib/spool/enqueue.ts`, `lib/worker/doors.ts`, `lib/operator/retry.ts`, `revive.ts` and `purge.ts`, one
 * system call each that others may see or that sees others; the disk is a list of paths. What a child may do is asked of the
 * real `judge`.
 */
import { judge, type ParentState, type When } from '../../lib/job/after.ts'

/** A protection that is left out, to see that the orders show what it is for. */
export type LeftOut =
  | 'the sign of an enqueue'
  | 'the look of a pruner at what it has in hand'
  | 'the hint of a cancel'
  | 'the look of workers at hints'
  | 'the wait for a child in another hand'

export interface Scene {
  readonly when: When
  /** How the parent ends first; after a retry it succeeds. */
  readonly ends: 'completed' | 'dead'
  readonly actors: readonly Actor[]
  readonly without?: LeftOut
}

export type Actor = 'enqueue' | 'end' | 'retry' | 'prune'

export interface Found {
  /** Different situations, each also taken for one in which all die. */
  readonly situations: number
  /** Orders of steps that ended otherwise than they must, the first few, and why. */
  readonly wrong: readonly string[]
}

type Steps<T = void> = Generator<string, T, undefined>

/** The child's record. */
interface Child {
  met: readonly string[]
  because?: string
}

class World {
  readonly files = new Set<string>()
  readonly child: Child = { met: [] }
  /** What the parent came to, each time. */
  readonly ends: ParentState[] = []
  released = 0
  moves = 0

  has(path: string): boolean {
    return this.files.has(path)
  }

  move(from: string, to: string): boolean {
    if (!this.files.delete(from)) return false
    this.files.add(to)
    this.moves++
    return true
  }

  in(dir: string): string[] {
    return [...this.files].filter((path) => path.startsWith(`${dir}/`))
  }
}

/** Where the parent may be, in the order in which a search lists it. */
const PLACES: readonly (readonly [string, ParentState])[] = [
  ['pending/P', 'unfinished'],
  ['worker/P', 'unfinished'],
  ['retry/done/P', 'completed'],
  ['retry/dead/P', 'dead'],
  ['prune/done/P', 'completed'],
  ['prune/dead/P', 'dead'],
  ['done/P', 'completed'],
  ['dead/P', 'dead'],
]
const HINT = 'waiting/P/.cancelled.C'
const SIGN = 'waiting/P/.for.C'
const DOOR = 'waiting/P/C'
const IN_HAND = 'opener/waiting/C'

class Play {
  readonly world = new World()
  readonly #scene: Scene

  constructor(scene: Scene) {
    this.#scene = scene
    this.world.files.add('worker/P')
    if (!scene.actors.includes('enqueue')) this.world.files.add(DOOR)
  }

  steps(actor: Actor): Steps {
    switch (actor) {
      case 'enqueue':
        return this.#enqueue()
      case 'end':
        return this.#end()
      case 'retry':
        return this.#retry()
      case 'prune':
        return this.#prune()
    }
  }

  #isWithout(what: LeftOut): boolean {
    return this.#scene.without === what
  }

  #standing(is: ParentState) {
    const { when } = this.#scene
    return judge({ after: [{ job: 'P', when }], met: this.world.child.met }, () => is)
  }

  /** `findExact`: the place listed last counts; "nowhere" only when nothing moved meanwhile. */
  *#look(): Steps<ParentState> {
    for (;;) {
      const { moves } = this.world
      let found: ParentState | undefined
      for (const [path, is] of PLACES) {
        yield `lists ${path} (${found ?? 'not found'}, ${moves})`
        if (this.world.has(path)) found = is
      }
      if (found) return found
      if (this.world.moves === moves) return 'gone'
    }
  }

  *#enqueue(): Steps {
    const { world } = this
    if (!this.#isWithout('the sign of an enqueue')) {
      yield 'leaves a sign'
      world.files.add(SIGN)
    }
    const is = yield* this.#look()
    const standing = this.#standing(is)
    if (is !== 'gone' && standing.kind !== 'impossible') {
      yield `publishes the child, which ${standing.kind}`
      world.child.met = standing.met
      if (standing.kind === 'free') this.#release('')
      else world.files.add(DOOR)
    }
    yield 'removes its sign'
    world.files.delete(SIGN)
  }

  #release(from: string): void {
    if (from !== '' && !this.world.files.delete(from)) return
    this.world.files.add('pending/C')
    this.world.released++
  }

  *#end(): Steps {
    yield 'settles the parent'
    this.settle('worker/P', this.#scene.ends)
    yield* this.#open(this.#scene.ends)
  }

  settle(from: string, is: 'completed' | 'dead'): void {
    if (this.world.move(from, is === 'completed' ? 'done/P' : 'dead/P')) this.world.ends.push(is)
  }

  *#open(is: ParentState): Steps {
    const { world } = this
    yield 'takes the child'
    if (!world.move(DOOR, IN_HAND)) return
    const standing = this.#standing(is)
    if (standing.kind === 'waits') {
      yield 'puts the child back'
      world.move(IN_HAND, DOOR)
    } else if (standing.kind === 'free') {
      yield 'stamps what was met'
      if (world.has(IN_HAND)) world.child.met = standing.met
      yield 'releases the child'
      this.#release(IN_HAND)
    } else {
      if (!this.#isWithout('the hint of a cancel')) {
        yield 'leaves a hint'
        world.files.add(HINT)
      }
      yield 'stamps the cancel'
      if (world.has(IN_HAND)) world.child.because = 'P'
      yield 'cancels the child'
      world.move(IN_HAND, 'dead/C')
      if ((yield* this.#look()) === 'unfinished') yield* this.#revive()
    }
  }

  *#revive(): Steps {
    const { world } = this
    yield 'reads the hints'
    if (!world.has(HINT)) return
    yield 'looks for the child'
    if (world.has(IN_HAND) && !this.#isWithout('the wait for a child in another hand')) return
    if (world.has('dead/C')) {
      yield 'brings the child back'
      if (world.move('dead/C', DOOR)) delete world.child.because
    }
    yield 'removes the hint'
    world.files.delete(HINT)
  }

  *#retry(): Steps {
    const { world } = this
    yield 'takes the parent'
    const from = ['dead', 'done'].find((dir) => world.move(`${dir}/P`, `retry/${dir}/P`))
    if (from === undefined) return
    yield `moves the parent, which was ${from}`
    if (!world.move(`retry/${from}/P`, 'pending/P')) return
    yield* this.#revive()
  }

  /** Is the parent waited for, by a child or by one that is being enqueued? */
  #isWaitedFor(): boolean {
    const { world } = this
    return world.has(DOOR) || world.has(IN_HAND) || world.has(SIGN)
  }

  *#prune(): Steps {
    const { world } = this
    yield 'looks who waits'
    if (this.#isWaitedFor()) return
    yield 'takes the parent'
    const from = ['done', 'dead'].find((dir) => world.move(`${dir}/P`, `prune/${dir}/P`))
    if (from === undefined) return
    if (!this.#isWithout('the look of a pruner at what it has in hand')) {
      yield `looks again, whether the parent that was ${from} is waited for`
      if (this.#isWaitedFor()) {
        yield `puts the parent back to ${from}`
        world.move(`prune/${from}/P`, `${from}/P`)
        return
      }
    }
    yield `removes the parent that was ${from}`
    if (world.files.delete(`prune/${from}/P`)) world.moves++
    yield 'removes the hints'
    world.files.delete(HINT)
  }

  /** What a worker does once all others have ended or died. */
  conclude(): void {
    const { world } = this
    for (const path of world.files) {
      const given = /^(?:retry|prune)\/(.*)$/.exec(path)?.[1]
      if (given !== undefined) world.move(path, given)
    }
    // By its record: to its door, where it is judged anew.
    if (world.has(IN_HAND)) {
      if (world.child.met.length > 0) this.#release(IN_HAND)
      else world.move(IN_HAND, DOOR)
      delete world.child.because
    }
    world.files.delete(SIGN)
    for (let round = 0; round < 4; round++) {
      const is = PLACES.findLast(([path]) => world.has(path))?.[1] ?? 'gone'
      if (is === 'unfinished' && !this.#isWithout('the look of workers at hints')) exhaust(this.#revive())
      if (is !== 'unfinished') exhaust(this.#open(is))
      // What the first run came to is given; what was retried succeeds.
      this.settle('worker/P', this.#scene.ends)
      this.settle('pending/P', 'completed')
    }
  }

  /** What is wrong at the end; undefined when nothing is. */
  verdict(): string | undefined {
    const { world } = this
    const places = [...world.files].filter((path) => path.endsWith('/C'))
    const last = world.ends.at(-1) ?? 'gone'
    if (places.length > 1) return `the child is in ${places.join(' and ')}`
    if (world.released > 1) return `the child was released ${world.released} times`
    if (places.length === 0) return undefined
    const could = world.ends.some(
      (is) => judge({ after: [{ job: 'P', when: this.#scene.when }] }, () => is).kind === 'free',
    )
    if (world.released > 0) return could ? undefined : `the child runs, and the parent ended ${world.ends.join(', ')}`
    if (places[0] !== 'dead/C') return `the child is left in ${places[0]}`
    if (judge({ after: [{ job: 'P', when: this.#scene.when }] }, () => last).kind === 'free')
      return `the child is dead, and the parent ended ${world.ends.join(', ')}`
    return undefined
  }
}

function exhaust(steps: Steps): void {
  while (steps.next().done !== true);
}

/** Plays every order of the steps, and from each situation on once more as if all died in it. */
export function playAll(scene: Scene, most = 5): Found {
  const known = new Set<string>()
  const wrong: string[] = []
  const stack: (readonly number[])[] = [[]]
  for (let order = stack.pop(); order && wrong.length < most; order = stack.pop()) {
    const { play, said, key, ready } = playOnce(scene, order)
    if (known.has(key)) continue
    known.add(key)
    for (const i of ready) stack.push([...order, i])
    play.conclude()
    const why = play.verdict()
    if (why !== undefined) wrong.push(`${why}: ${said.join(', ')}`)
  }
  return { situations: known.size, wrong }
}

/** Plays one order, each number being whose step it is. */
function playOnce(scene: Scene, order: readonly number[]) {
  const play = new Play(scene)
  const { world } = play
  const said: string[] = []
  const all = scene.actors.map((actor) => {
    const steps = play.steps(actor)
    return { steps, next: steps.next() }
  })
  for (const i of order) {
    const one = all[i]
    if (!one || one.next.done) continue
    said.push(`${scene.actors[i]} ${one.next.value}`)
    one.next = one.steps.next()
  }
  // The name of the next step says what its actor has seen so far.
  const steps = all.map(({ next }) => next.value ?? 'ended')
  const state = JSON.stringify([
    [...world.files].toSorted(),
    world.child,
    world.ends,
    world.released,
    world.moves,
    steps,
  ])
  return { play, said, key: state, ready: all.flatMap(({ next }, i) => (next.done ? [] : [i])) }
}
