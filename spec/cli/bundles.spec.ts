/** The built files of the program: they make no code of text, and a running worker outlives them. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import module from 'node:module'
import { basename, join } from 'node:path'
import { removeSync } from 'fs-extra/esm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SOON_MS } from '../../fixtures/jobs.ts'
import { ROOT } from '../../fixtures/program.ts'
import { skip } from '../../fixtures/skip.ts'
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

/** Node keeps compiled code by itself from 22.8 on. */
const keepsItself = 'enableCompileCache' in module
const codeDir = ({ dir }: World): string => join(dir, '.cache/queuectl')
const OWN = { XDG_CACHE_HOME: '' }

test(
  'what was compiled is kept, and used by the next start',
  inWorld(async (world) => {
    if (keepsItself) skip('this Node keeps compiled code by itself')
    assert.is((await world.cli(['list'], { env: OWN })).code, 0)
    const [name = ''] = readdirSync(codeDir(world))
    assert.match(name, new RegExp(`-${process.version}-${process.arch}\\.code$`))
    const before = statSync(join(codeDir(world), name)).ino
    assert.is((await world.cli(['list'], { env: OWN })).code, 0)
    assert.is(statSync(join(codeDir(world), name)).ino, before)
  }),
)

for (const [what, spoil] of [
  ['damaged', (bytes: Buffer) => void (bytes[bytes.length >> 1] = ~(bytes[bytes.length >> 1] ?? 0))],
  ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
  ['empty', () => Buffer.alloc(0)],
] as const)
  test(
    `code that is ${what} is not used, and made anew`,
    inWorld(async (world) => {
      if (keepsItself) skip('this Node keeps compiled code by itself')
      await world.cli(['list'], { env: OWN })
      const path = join(codeDir(world), readdirSync(codeDir(world))[0] ?? '')
      const bytes = readFileSync(path)
      writeFileSync(path, spoil(bytes) ?? bytes)
      const { ino } = statSync(path)
      const ran = await world.cli(['list'], { env: OWN })
      assert.is(ran.code, 0)
      assert.is.not(statSync(path).ino, ino)
    }),
  )

test(
  'no code is taken from, or put into, a directory that others may write to',
  inWorld(async (world) => {
    if (keepsItself) skip('this Node keeps compiled code by itself')
    mkdirSync(codeDir(world), { recursive: true })
    chmodSync(codeDir(world), 0o777)
    assert.is((await world.cli(['list'], { env: OWN })).code, 0)
    assert.equal(readdirSync(codeDir(world)), [])
  }),
)

test(
  'no code is kept where that is turned off, or there is no place for it',
  inWorld(async (world) => {
    if (keepsItself) skip('this Node keeps compiled code by itself')
    for (const env of [{ ...OWN, NODE_DISABLE_COMPILE_CACHE: '1' }, { XDG_CACHE_HOME: '/proc/nowhere' }])
      assert.is((await world.cli(['list'], { env })).code, 0)
    assert.not.ok(existsSync(codeDir(world)))
  }),
)

test.run()
