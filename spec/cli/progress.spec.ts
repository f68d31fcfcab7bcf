import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { add, isUp, letGo, settles, untilLetGo } from '../../fixtures/jobs.ts'
import { cleanEnv, PROGRAM, start } from '../../fixtures/program.ts'
import { inWorld } from '../../fixtures/world.ts'

const test = suite('progress of a running job')

test(
  'what a job writes to QUEUECTL_PROGRESS is shown by list and show while it runs, and gone afterwards',
  inWorld(async (world) => {
    const say = `echo '{"pct":37,"note":"half\\u001b[2Jway"}' >"$QUEUECTL_PROGRESS"`
    await add(world, `${say}; ${untilLetGo('a')}`, { id: 'a' })
    const worker = await world.startWorker()
    await isUp(world, 'a')
    assert.match((await world.cli(['list'])).stdout, /PROGRESS.*\n.*37 % half\\e\[2Jway/)
    assert.match((await world.cli(['show', 'a'])).stdout, /Progress: +37 % half\\e\[2Jway/)
    const [listed] = JSON.parse((await world.cli(['list', '--json'])).stdout) as { progress: { pct: number } }[]
    assert.is(listed?.progress.pct, 37)
    assert.is((JSON.parse((await world.cli(['show', 'a', '--json'])).stdout) as typeof listed)?.progress.pct, 37)
    letGo(world, 'a')
    await settles(world.queue, 'a')
    assert.not.match((await world.cli(['list'])).stdout, /^ID.*PROGRESS/)
    worker.kill()
    await worker.ended
    assert.equal(readdirSync(join(world.home, 'run')), [])
  }),
)

test(
  'a pipe in the place of the file blocks no reader',
  inWorld(async (world) => {
    await add(world, `mkfifo "$QUEUECTL_PROGRESS"; ${untilLetGo('a')}`, { id: 'a' })
    const worker = await world.startWorker()
    await isUp(world, 'a')
    assert.is(world.queue.progress(await world.queue.get('a')), undefined)
    letGo(world, 'a')
    worker.kill()
    await worker.ended
  }),
)

test(
  'a large batch has a bar on a terminal, and stdout none',
  inWorld(async (world) => {
    const line = `seq 3000 | sed 's/.*/{"command":"true","tags":["some more bytes"]}/' >jobs; ${process.execPath} ${PROGRAM} enqueue -f jobs >ids; wc -l <ids`
    const env = { ...cleanEnv(), QUEUECTL_HOME: world.home, TERM: 'xterm' }
    const { stdout } = await start('script', ['-qec', line, '/dev/null'], { cwd: world.dir, env, input: '' }).ended
    assert.match(stdout, /\[=+\] 100 %, 3000 jobs/)
    assert.match(stdout, /\n?3000\r?\n/)
  }),
)

test.run()
