import { appendFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add } from '../../../fixtures/jobs.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'
import { FollowedOutput } from '../../../lib/cli/top/run-output.ts'

const test = suite('output on the live screen')

const PLAIN = { bold: String, red: (text: string) => `!${text}`, green: String, yellow: String, cyan: String }
const linesOf = (output: FollowedOutput): string[] => output.shown(100, 80, PLAIN)

/** A job whose run `run` has written this. */
async function written({ home, queue }: World, run: number, out: string | Buffer, err = ''): Promise<FollowedOutput> {
  const logs = join(home, 'logs', 'a')
  mkdirSync(logs, { recursive: true })
  writeFileSync(join(logs, `${run}.out`), out)
  writeFileSync(join(logs, `${run}.err`), err)
  return new FollowedOutput(queue, 'a')
}

test(
  'it shows both streams, then what has been written since, an incomplete line included',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    const output = await written(world, 1, 'one\ntw', 'bad\n')
    await output.read()
    assert.equal(linesOf(output), ['one', '!bad', 'tw'])
    appendFileSync(join(world.home, 'logs/a/1.out'), 'o\n')
    await output.read()
    assert.equal(linesOf(output), ['one', '!bad', 'two'])
    output.close()
  }),
)

test(
  'a new run starts over',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    const output = await written(world, 1, 'first\n')
    await output.read()
    await written(world, 2, 'second\n')
    await output.read()
    assert.is(output.run, 2)
    assert.equal(linesOf(output), ['second'])
    output.close()
  }),
)

/** 8 KiB of which the middle has been punched out, as the record of the gap says. */
async function punched(world: World): Promise<FollowedOutput> {
  await add(world, 'true', { id: 'a' })
  const output = await written(
    world,
    1,
    Buffer.concat([Buffer.from('begin\n'), Buffer.alloc(8192), Buffer.from('end\n')]),
  )
  const { ino } = statSync(join(world.home, 'logs/a/1.out'))
  writeFileSync(join(world.home, 'run/a.1.gap'), JSON.stringify({ out: { ino, from: 6, to: 6 + 8192 } }))
  return output
}

const GAP = '--- queuectl: 8192 bytes left out here (max-log-bytes) ---'

test(
  'a line stands for what the size cap has punched out',
  inWorld(async (world) => {
    const output = await punched(world)
    await output.read()
    assert.equal(linesOf(output), ['begin', '', GAP, 'end'])
    output.close()
  }),
)

test(
  'so it does in list --output',
  inWorld(async (world) => {
    await punched(world)
    const [job] = JSON.parse((await world.cli(['list', '--output', '--json'])).stdout) as { output: object }[]
    assert.equal(job?.output, { run: 1, stdout: `begin\n\n${GAP}\nend\n`, stderr: '' })
  }),
)

test.run()
