import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cleanEnv, PROGRAM, ROOT } from '../fixtures/program.ts'
import { readme, renewed } from '../bin/docs.ts'
import { inWorld } from '../fixtures/world.ts'
import { allCommands } from '../lib/cli/registry.ts'

const test = suite('documents')

/** What differs from one run to the next: times, durations, pids, homes, the width of what they stand in. */
const steady = (text: string): string =>
  text
    .replace(/worker-\d+-[0-9a-f]{6}/g, 'worker-W')
    .replace(/home [^)]*/g, 'home H')
    .replace(/\d{8}T\d{6}\.\d{6}Z/g, 'DUE')
    .replace(/\d+(\.\d+)? m?s\b/g, 'TIME')
    .replace(/\b\d+s\b/g, 'AGE')
    .replace(/pid \d+/g, 'pid P')
    .replace(/ +/g, ' ')
    .trimEnd()

test('the tables of README are what the program says of itself (else: node dist/bin/docs.js --write)', async () => {
  assert.is(readme(), await renewed(readme()))
})

test(
  'the session in README prints what README says',
  inWorld(({ dir }) => {
    const bin = join(dir, 'bin')
    mkdirSync(bin)
    symlinkSync(PROGRAM, join(bin, 'queuectl'))
    const env = { ...cleanEnv(), HOME: dir, PATH: `${bin}:${process.env.PATH}` }
    const block = /## A minute with it\n\n```console\n([^]*?)```/.exec(readme())?.[1] ?? ''
    const steps = block.split(/^\$ /m).slice(1)
    assert.ok(steps.length > 5)
    for (const step of steps) {
      const line = step.slice(0, step.indexOf('\n'))
      const ran = spawnSync('sh', ['-c', `exec 2>&1; ${line}`], { env, cwd: dir, encoding: 'utf8' })
      assert.is(steady(ran.stdout), steady(step.slice(line.length + 1)), line)
    }
  }),
)

test('every command has help with a description and at least one example that begins with its name', async () => {
  for (const command of await allCommands()) {
    const name = command.paths?.[0]?.join(' ') ?? ''
    const help = execFileSync(process.execPath, [PROGRAM, ...name.split(' '), '--help'], {
      encoding: 'utf8',
      env: cleanEnv(),
    })
    assert.match(help, `queuectl ${name}`)
    assert.ok(
      (command.usage?.examples ?? []).some(([, line]) => line.includes(`queuectl ${name}`)),
      name,
    )
  }
})

test('every file that the documents name is there', () => {
  const all = ['lib', 'spec', 'fixtures', 'bin'].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).map((path) => `${room}/${path}`),
  )
  for (const [document, base] of [
    ['README.md', ''],
    ['lib/README.md', 'lib/'],
    ['spec/README.md', 'spec/'],
  ] as const) {
    const text = execFileSync('cat', [join(ROOT, document)], { encoding: 'utf8' })
    const links = [...text.matchAll(/\]\(((?!http)[^)#]+)/g)].map(([, path]) => path ?? '')
    const files = [...text.matchAll(/`((?:[\w-]+\/)*[\w.-]+\.(?:ts|spec\.ts|schema\.json))`/g)]
      .map(([, path]) => path ?? '')
      .filter((path) => !path.startsWith('queuectl/'))
    for (const path of links) assert.ok(existsSync(join(ROOT, base, path)), `${document}: ${path}`)
    for (const path of files)
      assert.ok(
        all.some((file) => `/${file}`.endsWith(`/${path}`)),
        `${document}: ${path}`,
      )
  }
})

test.run()
