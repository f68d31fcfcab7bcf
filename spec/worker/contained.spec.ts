/** What a job does to its own files is its own trouble: it is settled, and the others run, in this worker and the next. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, runAll, settles, SOON_MS } from '../../fixtures/jobs.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'

const test = suite('jobs that attack their own files')

/** The file, by the name that the script knows it by. */
const PATHS: Readonly<Record<string, string>> = {
  out: 'logs/$J/$N.out',
  err: 'logs/$J/$N.err',
  logdir: 'logs/$J',
  nextout: 'logs/$J/$((N+1)).out',
  nexterr: 'logs/$J/$((N+1)).err',
  mark: 'run/$J.$N.mark',
  note: 'run/$J.$N.note',
  fifo: 'run/$J.$N.fifo',
  gap: 'run/$J.$N.gap',
  progress: 'run/$J.$N.progress',
  nextmark: 'run/$J.$((N+1)).mark',
  nextfifo: 'run/$J.$((N+1)).fifo',
  nextstdin: 'tmp/$J.$((N+1)).stdin.new',
  own: '$QUEUECTL_OWN',
  stamp: '$QUEUECTL_STAMP',
}

const MADE: Readonly<Record<string, string>> = {
  dir: 'mkdir "$p"',
  fifo: 'mkfifo "$p"',
  loop: 'ln -s "$p" "$p"',
  link: 'ln -s "$QUEUECTL_OUTSIDE/kept" "$p"',
  dirlink: 'ln -s "$QUEUECTL_OUTSIDE" "$p"',
  zero: 'ln -s /dev/zero "$p"',
  torn: 'echo \'{"x\' >"$p"',
  nothing: ':',
}

/** A script that replaces one of its files and fails. */
function attack(path: string, make: string): string {
  return [
    'H=$QUEUECTL_HOME J=$QUEUECTL_JOB_ID N=$QUEUECTL_RUN; cd "$H"',
    'f=$(echo processing/*/*-$J.json); QUEUECTL_OWN=$f QUEUECTL_STAMP=${f%/*}/.${f##*/}.new',
    `p="$H/""${path}"`,
    'rm -rf "$p"',
    make,
    'exit 1',
  ].join('\n')
}

/** What is made of which file only; the others are made of each. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  dirlink: ['logdir', 'own'],
  zero: ['err'],
  torn: ['mark', 'note', 'gap', 'logdir', 'own', 'fifo'],
  nothing: ['mark', 'fifo', 'own', 'out'],
}

const COMBINATIONS = Object.entries(PATHS).flatMap(([name, path]) =>
  Object.entries(MADE)
    .filter(([how]) => ONLY[how]?.includes(name) ?? true)
    .map(([how, make]) => ({ id: `${name}-${how}`, script: attack(path, make), name, how })),
)

const OF_THE_SHELL = ['err', 'mark', 'fifo', 'nextstdin']

for (const withInput of [false, true]) {
  const combinations = COMBINATIONS.filter(({ name }) => !withInput || OF_THE_SHELL.includes(name))
  test(
    `each of ${combinations.length} replaced files costs only the job that did it${withInput ? ', also in a process of its own' : ''}`,
    inWorld(async (world) => {
      const { queue, dir, home } = world
      writeFileSync(join(dir, 'kept'), 'keep')
      const more = {
        max_retries: 2,
        max_backoff: 1,
        env: { QUEUECTL_OUTSIDE: dir },
        ...(withInput ? { stdin: 'x' } : {}),
      }
      await queue.enqueueAll(combinations.map(({ id, script }) => ({ id, command: script, cwd: dir, ...more })))
      await queue.enqueueAll(
        Array.from({ length: 20 }, (_, n) => ({ id: `good${n}`, command: 'echo ok', cwd: dir, priority: -5 })),
      )
      await runAll(world, 8)
      for (let n = 0; n < 20; n++) assert.is((await queue.get(`good${n}`)).state, 'completed')
      for (const { id, name } of combinations) {
        // A job that takes its own record away is gone, as when a person does it.
        if (name === 'own') continue
        const { state, runs } = await queue.get(id)
        // Something that may tell of a living process keeps its job waiting, and explain says so.
        if (name === 'nextmark' && state === 'pending') continue
        assert.is(state, 'dead', id)
        // Where not every process is seen, a FIFO that is gone may be held: a person decides.
        if (name !== 'fifo') assert.ok(runs >= 2, `${id} ran ${runs} times`)
      }
      assert.is(readFileSync(join(dir, 'kept'), 'utf8'), 'keep')
      assert.equal(
        readdirSync(dir).filter((entry) => !['home', 'kept', 'node-compile-cache'].includes(entry)),
        [],
        'nothing is made outside',
      )
      // And the next worker finds nothing that stops it.
      await add(world, 'true', { id: 'after' })
      await runAll(world)
      assert.is((await queue.get('after')).state, 'completed')
      assert.ok(existsSync(join(home, 'corrupt')))
    }),
  )
}

for (const [what, script] of Object.entries({
  'the directory of its worker':
    'cd processing/$QUEUECTL_WORKER && rm -rf lease worker.json bell renewed && mkdir worker.json bell renewed troubles stop && ln -s "$QUEUECTL_OUTSIDE" intake',
  'the journal, the log and the bells':
    'for f in journal/*.ndjson journal/totals.json logs/worker-*.log wake/bell processing/*/bell; do rm -rf "$f"; mkfifo "$f"; done',
  'the day of completed jobs':
    'mkdir -p done; rm -rf done/$(date -u +%F); ln -s "$QUEUECTL_OUTSIDE" done/$(date -u +%F)',
  'all traces, logs and scratch': 'rm -rf run/* logs/* tmp/*',
}))
  test(
    `a job that attacks ${what} does not keep the next one from running, and nothing goes out of the home`,
    inWorld(async (world) => {
      const outside = join(world.dir, 'outside')
      mkdirSync(outside)
      const worker = world.begin(['worker', 'start', '--foreground'])
      const env = { QUEUECTL_OUTSIDE: outside }
      await add(world, `cd "$QUEUECTL_HOME"; ${script}; exit 1`, { id: 'bad', max_retries: 0, env })
      await settles(world.queue, 'bad', 'dead')
      writeFileSync(join(world.home, 'pending', 'dropped.json'), JSON.stringify({ command: 'true', cwd: world.dir }))
      await add(world, 'true', { id: 'good' })
      await settles(world.queue, 'good')
      await settles(world.queue, 'dropped')
      for (const command of ['status', 'list', 'events', 'worker list', 'doctor']) {
        const { code, stderr } = await world.cli(command.split(' '))
        assert.ok(code === 0 || (command === 'doctor' && code === 1), `${command}: ${code} ${stderr}`)
      }
      worker.kill()
      assert.is((await worker.ended).code, 0)
      assert.equal(readdirSync(outside), [])
    }),
  )

test(
  'an error that nothing catches is in the worker’s own log before it ends',
  inWorld(async (world) => {
    const thrower = join(world.dir, 'throws.mjs')
    writeFileSync(thrower, "process.once('SIGWINCH', () => { throw new Error('out of the blue') })\n")
    const worker = world.begin(['worker', 'start', '--foreground'], { env: { NODE_OPTIONS: `--import=${thrower}` } })
    await until(() => worker.stderr.includes('started with'), SOON_MS, 'it is up')
    worker.kill('SIGWINCH')
    await worker.ended
    const logs = join(world.home, 'logs')
    const log = await until(() => readdirSync(logs).find((name) => name.startsWith('worker-')), SOON_MS, 'a log')
    assert.match(readFileSync(join(logs, log), 'utf8'), /ends: Error: out of the blue/)
  }),
)

test.run()
