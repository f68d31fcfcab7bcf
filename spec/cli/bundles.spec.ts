/** The built files of the program: they make no code of text, and a running worker outlives them. */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { removeSync } from 'fs-extra/esm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SOON_MS } from '../../fixtures/jobs.ts'
import { ROOT } from '../../fixtures/program.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'

const test = suite('bundles')

const STRICT = { NODE_OPTIONS: '--disallow-code-generation-from-strings' }

for (const [what, args, stdout] of [
  ['the version', ['--version'], /^queuectl \d/],
  ['status', ['status'], /^Pending: +1$/m],
  ['a plain enqueue', ['enqueue', '--', 'true'], /^Enqueued /],
  ['an enqueue with options', ['enqueue', '--priority', '5', '--', 'true'], /^Enqueued /],
  ['a list', ['list'], /first/],
  ['help', ['retry', '--help'], /queuectl retry/],
  ['a worker', ['worker', 'start', '--burst', '--foreground'], /first.*completed/],
  ['the completion script', ['completion', 'bash'], /__complete/],
  ['what Tab offers', ['__complete', 'hold', ''], /^first\t/],
] as const)
  test(
    `without code made of text there is ${what}`,
    inWorld(async ({ cli, queue }) => {
      await queue.enqueue({ id: 'first', command: 'true' })
      const ran = await cli(args, { env: STRICT })
      assert.is(ran.code, 0, ran.stderr)
      assert.match(ran.stdout + ran.stderr, stdout)
    }),
  )

/** A copy of the program, of the files that the package has. */
function installed({ dir }: World): { readonly program: string; readonly remove: () => void } {
  const place = join(dir, 'installed')
  mkdirSync(place)
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] }
  for (const file of files.filter((name) => name.endsWith('.cjs')))
    copyFileSync(join(ROOT, file), join(place, basename(file)))
  return { program: join(place, 'queuectl.cjs'), remove: () => removeSync(place) }
}

test(
  "a worker needs none of the program's files once it is up",
  inWorld(async (world) => {
    const { program, remove } = installed(world)
    const worker = world.begin(['worker', 'start', '--foreground'], { program })
    await until(async () => (await world.queue.workers()).length === 1, SOON_MS, 'the worker is up')
    remove()
    const { id } = await world.queue.enqueue({ command: ['true'], cwd: world.dir })
    await until(async () => (await world.queue.get(id)).state === 'completed', SOON_MS, 'the job is completed')
    worker.kill()
    assert.is((await worker.ended).code, 0)
  }),
)

test(
  'the files of the package are enough, and are found by way of a symbolic link',
  inWorld(async (world) => {
    const { program } = installed(world)
    const link = join(world.dir, 'queuectl')
    symlinkSync(program, link)
    for (const args of [['--version'], ['status'], ['list']]) {
      const { code, stderr } = await world.cli(args, { program: link })
      assert.is(code, 0, `${args.join(' ')}: ${stderr}`)
    }
  }),
)

test.run()
