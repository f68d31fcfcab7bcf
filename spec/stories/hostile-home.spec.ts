/** A home with something odd in every directory: every command answers, good jobs run, nothing outside is touched. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, runAll, settles, SOON_MS } from '../../fixtures/jobs.ts'
import { fakeHolder } from '../../fixtures/recover-once.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { makeFifos } from '../../lib/disk/fifo.ts'
import { openHome } from '../../lib/spool/layout.ts'

const test = suite('a hostile home')

const PLACES = [
  'pending',
  'scheduled',
  'failed',
  'dead',
  'hold',
  'done',
  'corrupt',
  'processing',
  'run',
  'tmp',
  'wake',
  'journal',
  'logs',
  'logs/dd',
]

const NAMES = [`${'L'.repeat(250)}.json`, 'a\nb.json', '\u001B[31mred.json', '-rf.json', ' .json', 'é\u202E.json']

type Make = (path: string, outside: string) => void

const KINDS: Readonly<Record<string, Make>> = {
  dir: (path) => mkdirSync(path),
  nonempty: (path) => {
    mkdirSync(path)
    writeFileSync(join(path, 'x.json'), '{}')
  },
  fifo: (path) => makeFifos([path]),
  sym: (path, outside) => symlinkSync(join(outside, 'kept'), path),
  symdir: (path, outside) => symlinkSync(outside, path),
  dangling: (path) => symlinkSync('nowhere', path),
  loop: (path) => symlinkSync(path, path),
  hard: (path, outside) => linkSync(join(outside, 'kept'), path),
  sparse: (path) => {
    writeFileSync(path, '')
    truncateSync(path, 1 << 30)
  },
  unread: (path) => {
    writeFileSync(path, '{}')
    chmodSync(path, 0)
  },
  empty: (path) => writeFileSync(path, ''),
  dev: (path) => spawnSync('mknod', [path, 'c', '1', '5']),
}

/** Puts every kind under every form of name into every directory, where there is nothing yet. */
function plant({ home }: World, outside: string): void {
  const days = readdirSync(join(home, 'done')).map((day) => `done/${day}`)
  for (const place of [...PLACES, ...days]) {
    const at = (name: string): string => join(home, place, name)
    for (const name of NAMES) if (!isThere(at(name))) writeFileSync(at(name), '{"x')
    for (const [kind, make] of Object.entries(KINDS)) {
      const id = `g${kind}${place.replaceAll('/', '')}`
      for (const name of [`1000-20261125T220000.000000Z-${id}.json`, `${kind}.json`, `x.1.${kind}`, `x.1.mark-${kind}`])
        if (!isThere(at(name))) make(at(name), outside)
    }
  }
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** Directories of holders that are none, or whose parts are something else. */
function plantHolders(world: World, outside: string): void {
  const home = openHome(world.home)
  const worker = (name: string, ...made: readonly ((dir: string) => void)[]): void => {
    const dir = fakeHolder(home, name, {}, !made.some((make) => make.name === 'odd'))
    for (const make of made) make(dir)
  }
  worker('worker-1-a', (dir) => writeFileSync(join(dir, 'worker.json'), '[[['))
  worker('rescue-1-a', (dir) => {
    rmSync(join(dir, 'worker.json'))
    mkdirSync(join(dir, 'worker.json'))
  })
  worker('operator-1-a', (dir) => symlinkSync(outside, join(dir, 'dead')))
  writeFileSync(join(home.processing, 'operator-1-a/worker.json'), '{"machine":5}')
  worker('operator-2-a', (dir) => {
    mkdirSync(join(dir, 'dead'))
    KINDS['dir']?.(join(dir, 'dead/1000-20261125T220000.000000Z-odd.json'), outside)
    symlinkSync(outside, join(dir, 'purged'))
  })
  worker('worker-2-a', (dir) => {
    rmSync(join(dir, 'worker.json'))
    makeFifos([join(dir, 'worker.json')])
  })
  worker('worker-3-a', function odd(dir) {
    writeFileSync(join(dir, 'worker.json'), '{}')
    mkdirSync(join(dir, 'alive'))
  })
  worker('worker-4-a', function odd(dir) {
    writeFileSync(join(dir, 'worker.json'), '{}')
    writeFileSync(join(dir, 'alive'), 'x')
  })
  worker('worker-5-a', (dir) => {
    mkdirSync(join(dir, 'intake'))
    symlinkSync(outside, join(dir, 'purged'))
    writeFileSync(join(dir, 'intake/a.json'), '{"command":"true","id":"fromintake"}')
    writeFileSync(join(dir, 'random'), 'x')
    mkdirSync(join(dir, 'somedir'))
    writeFileSync(join(dir, 'somedir/q'), '')
  })
  worker('worker-6-a', (dir) => symlinkSync(outside, join(dir, 'intake')))
  symlinkSync(outside, join(home.processing, 'worker-7-a'))
}

const COMMANDS = [
  'status',
  'list',
  'list --output',
  'dlq list',
  'show dd',
  'logs dd',
  'logs cc',
  'doctor',
  'worker list',
  'ps',
  'stats',
  'events',
  'metrics',
  'next',
  'explain dd',
  'prune --keep 0',
  'prune --keep 0 --state dead',
  'retry --all',
  'hold --all',
  'release --all',
  'doctor --fix',
  'cancel --all',
]

test(
  'answers every command, runs good jobs, and leaves what is outside alone',
  inWorld(async (world) => {
    const { queue, home, dir } = world
    const outside = join(dir, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'kept'), 'keep')
    writeFileSync(join(outside, '1000-20261125T220000.000000Z-outside.json'), '{"command":"true"}')
    utimesSync(join(outside, 'kept'), 1, 1)
    await add(world, 'exit 1', { id: 'dd', max_retries: 0 })
    await add(world, 'echo 1', { id: 'cc' })
    await runAll(world)
    plant(world, outside)
    plantHolders(world, outside)
    rmSync(join(home, 'logs/dd/1.out'))
    symlinkSync(join(outside, 'kept'), join(home, 'logs/dd/1.out'))
    renameSync(join(home, 'logs/cc'), join(dir, 'cc'))
    symlinkSync(outside, join(home, 'logs/cc'))
    const before = readdirSync(outside)

    for (const id of ['good1', 'good2']) {
      const worker = world.begin(['worker', 'start', '--foreground'])
      await add(world, 'echo ok', { id, priority: -9 })
      await settles(queue, id, 'completed', 3 * SOON_MS)
      await until(
        () => !worker.stderr.includes('Error:'),
        SOON_MS,
        () => worker.stderr,
      )
      if (id === 'good1') await settles(queue, 'fromintake')
      worker.kill()
      assert.is((await worker.ended).code, 0)
      for (const command of id === 'good1' ? COMMANDS : []) {
        const { code, stdout, stderr } = await world.cli(command.split(' '))
        assert.ok(code !== null && code < 100, `${command} ended with ${code}`)
        assert.not.match(stdout + stderr, /^\s+at .*:\d+/m, command)
      }
    }
    assert.equal(readdirSync(outside), before)
    assert.is(readFileSync(join(outside, 'kept'), 'utf8'), 'keep')
    assert.is(statSync(join(outside, 'kept')).mtimeMs, 1000)
  }),
)

test.run()
