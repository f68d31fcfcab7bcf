/** The recipe for a container in the manual, as far as it goes without an engine. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readDocument } from '../../bin/docs.ts'
import { add, isUp, letGo, SOON_MS, untilLetGo } from '../../fixtures/jobs.ts'
import { childrenOf, signal } from '../../fixtures/processes.ts'
import { cleanEnv, PROGRAM, start } from '../../fixtures/program.ts'
import { skip } from '../../fixtures/skip.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'

const test = suite('container recipe')

const NEW_PIDS = ['--pid', '--fork', '--mount-proc', '--kill-child']

const recipe = /```dockerfile\n([^`]*)```/.exec(readDocument('lib/manual/operations.md'))?.[1] ?? ''
const instruction = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(recipe)?.[1] ?? ''

test(
  'its command is PID 1, its health check says so, and its stop signal gives running jobs back',
  inWorld(async (world) => {
    if (spawnSync('unshare', [...NEW_PIDS, 'true']).status !== 0) skip('only root may unshare')
    const bin = join(world.dir, 'bin')
    mkdirSync(bin)
    symlinkSync(PROGRAM, join(bin, 'queuectl'))
    const env = { ...cleanEnv(), HOME: world.dir, QUEUECTL_HOME: world.home, PATH: `${bin}:${process.env.PATH}` }
    const [program = '', ...args] = JSON.parse(instruction('CMD')) as string[]
    const container = start('unshare', [...NEW_PIDS, program, ...args], { cwd: '/', env })
    const pid1 = await until(() => childrenOf(container.pid)[0], SOON_MS, 'PID 1')
    const [, check = ''] = /CMD (.*)$/.exec(instruction('HEALTHCHECK')) ?? []
    const health = (): number | null =>
      spawnSync('nsenter', ['-t', String(pid1), '-m', '-p', 'sh', '-c', check], { cwd: '/', env }).status
    await until(() => health() === 0, SOON_MS, 'it is healthy')
    await add(world, untilLetGo('a'), { id: 'a' })
    await isUp(world, 'a')
    signal(pid1, instruction('STOPSIGNAL') as NodeJS.Signals)
    assert.is((await container.ended).code, 0)
    const { state, attempts } = await world.queue.get('a')
    assert.equal([state, attempts], ['pending', 0])
    letGo(world, 'a')
  }),
)

test.run()
