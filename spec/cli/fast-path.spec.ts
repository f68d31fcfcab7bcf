/** What is done without the framework gives the same as with it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld, type World } from '../../fixtures/world.ts'

const test = suite('fast path')

/** An option that changes nothing sends a call the long way. */
const LONG: Readonly<Record<string, readonly string[]>> = { status: ['--no-watch'], enqueue: ['--no-wait'] }

interface Told {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What differs from one run to the next. */
const steady = (text: string): string =>
  text
    .replaceAll(/[0-9A-HJKMNP-TV-Z]{26}/g, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/"free_\w+":\d+/g, '"free":N')

const told = async ({ cli }: World, args: readonly string[]): Promise<Told> => {
  const { code, stdout, stderr } = await cli(args)
  return { code, stdout: steady(stdout), stderr: steady(stderr) }
}

const jobs = ({ home }: World): string[] =>
  readdirSync(join(home, 'pending')).map((name) => steady(readFileSync(join(home, 'pending', name), 'utf8')))

/** The same call the long way: an option stands before what follows the words. */
function longWay(args: readonly string[]): string[] {
  const [name = 'status', ...others] = args[0]?.startsWith('--') ? ['status', ...args] : args
  return [name, ...(LONG[name] ?? []), ...others]
}

for (const args of [
  [],
  ['status'],
  ['--json'],
  ['status', '--json'],
  ['enqueue', 'echo', 'two words'],
  ['enqueue', '--', 'true', '--json'],
  ['enqueue', '--json', '--', 'true'],
  ['enqueue', '{"command":"true","cwd":"/","tags":["a"]}'],
  ['enqueue', '{"command":"true","run_at":"2020-01-01T00:00:00Z","priorty":1}'],
  ['enqueue', '{"cmd":"true"}'],
  ['enqueue', '{"command":'],
  ['enqueue', '[1]', '--json'],
  ['enqueue', '--'],
  ['enqueue', 'true', '--', 'true'],
  ['enqueue', '@missing.json'],
])
  test(
    `queuectl ${args.join(' ')} says and does the same as by way of the framework`,
    inWorld(async (world) => {
      const swift = await told(world, args)
      const first = jobs(world)
      const long = await told(world, longWay(args))
      assert.equal(swift, long)
      assert.equal(jobs(world), [...first, ...first])
      assertHomeIntact(world.home)
    }),
  )

test.run()
