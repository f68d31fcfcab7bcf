/** Commands that are run from a file: by the interpreter they name, and of any length. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { add, linesOf, outputOf, runAll } from '../../fixtures/jobs.ts'
import { inWorld } from '../../fixtures/world.ts'
import { interpreterOf } from '../../lib/job/interpreter.ts'

const test = suite('commands run from a file')

/** An interpreter that is everywhere and is no shell: its program is a file. */
const SED = `#!/usr/bin/env -S sed -f\ns/a/sed was here/`

test('a first line names the interpreter as the kernel reads it', () => {
  assert.equal(interpreterOf('#!/usr/bin/env python3\nprint(1)'), ['/usr/bin/env', 'python3'])
  assert.equal(interpreterOf('#! /usr/bin/awk -f \r\n{}'), ['/usr/bin/awk', '-f'])
  assert.equal(interpreterOf('#!/usr/bin/env -S deno run\n'), ['/usr/bin/env', '-S deno run'])
  assert.equal(interpreterOf('#!/bin/sh'), ['/bin/sh'])
  for (const command of ['#!', '#! \n', 'echo #!/bin/x', '# !/bin/x', ' #!/bin/sh', 'x'.repeat(131_071)])
    assert.is(interpreterOf(command), undefined)
  assert.equal(interpreterOf('ä'.repeat(65_536)), ['/bin/sh'])
})

for (const [way, more] of Object.entries({ 'with its own input': { stdin: 'a\n' }, 'without input': {} }))
  test(
    `a script is run by its own interpreter ${way}, and leaves no file`,
    inWorld(async (world) => {
      await add(world, way === 'without input' ? `${SED};w out\n` : SED, { id: 'a', ...more })
      await add(world, '#!/bin/sh -e\nfalse\necho not reached', { id: 'b', max_retries: 1 })
      await runAll(world)
      const { out } = await outputOf(world.queue, 'a')
      assert.is(out, way === 'without input' ? '' : 'sed was here\n')
      assert.is((await world.queue.get('b')).exit_code, 1)
      assert.equal(
        readdirSync(join(world.home, 'run')).filter((name) => name.endsWith('.script')),
        [],
      )
      assertHomeIntact(world.home)
    }),
  )

test(
  'an interpreter that is not there is told',
  inWorld(async (world) => {
    await add(world, '#!/no/such/interpreter\n', { id: 'a', max_retries: 1 })
    await runAll(world)
    assert.is((await world.queue.get('a')).exit_code, 127)
    assert.match((await outputOf(world.queue, 'a')).err, '/no/such/interpreter')
  }),
)

test(
  'a script on standard input is run by its interpreter, with a shebang, DOS line ends or more than the kernel takes',
  inWorld(async (world) => {
    const filler = `# ${'x'.repeat(998)}\n`.repeat(300)
    const dos = await world.cli(['enqueue', '--id', 'dos'], { input: 'for i in 1 2; do\r\n  echo n$i\r\ndone\r\n' })
    assert.match(dos.stderr, /^note: the DOS line ends/)
    const plain = await world.cli(['enqueue', '--id', 'long'], { input: `echo first\n${filler}echo last $0\n` })
    assert.is(plain.stderr, '')
    await world.cli(['enqueue', '--id', 'awk'], { input: `#!/usr/bin/awk -f\r\nBEGIN { print "awk" }\r\n${filler}` })
    await runAll(world)
    const outOf = async (id: string): Promise<string> => (await outputOf(world.queue, id)).out
    assert.is(await outOf('dos'), 'n1\nn2\n')
    assert.match(await outOf('long'), /^first\nlast \/.*\/run\/long\.1\.script\n$/)
    assert.is(await outOf('awk'), 'awk\n')
  }),
)

test(
  'outside the queue too: by exec, and as a script to read',
  inWorld(async (world) => {
    await add(world, '#!/usr/bin/awk -f\nBEGIN { print "awk END" }', { id: 'a' })
    const job = JSON.stringify(await world.queue.get('a'))
    assert.is((await world.cli(['exec', '-'], { input: job })).stdout, 'awk END\n')
    const { stdout } = await world.cli(['show', '--script', 'a'])
    const ran = await world.cli(['exec', '-'], { input: JSON.stringify({ command: stdout }) })
    assert.is(ran.stdout, 'awk END\n')
  }),
)

test(
  'a word or variables longer than the kernel takes are refused when they are given',
  inWorld(async (world) => {
    const refused = async (job: object, why: RegExp): Promise<void> => {
      try {
        await world.queue.enqueue(job as never)
      } catch (error) {
        return assert.match((error as Error).message, why)
      }
      assert.unreachable()
    }
    await refused({ command: ['true', 'x'.repeat(131_072)] }, /is 131072 bytes long, and the system takes 131071/)
    await refused({ command: 'true', env: { A: 'x'.repeat(131_070) } }, /is 131072 bytes long/)
    await refused({ command: ['true', ...Array.from({ length: 200_000 }, () => 'x')] }, /more than the system takes/)
    await add(world, ['sh', '-c', 'echo ${#1} >>size', 'sh', 'x'.repeat(131_071)], { id: 'a', max_retries: 1 })
    await runAll(world)
    assert.equal(linesOf(join(world.dir, 'size')), ['131071'])
  }),
)

test.run()
