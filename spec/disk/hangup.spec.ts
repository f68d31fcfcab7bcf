/** Who was started to outlive its terminal. */
import { spawnSync } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cleanEnv, ROOT } from '../../fixtures/program.ts'
import { skip, skippable } from '../../fixtures/skip.ts'

const test = suite('outliving the terminal')

const ASK = `import { outlivesTerminal } from ${JSON.stringify(`${ROOT}dist/lib/disk/hangup.js`)}; console.log(outlivesTerminal())`

/** What a process says that a shell starts with `line`, in which `"$@"` is the process. */
function answer(shell: string, line: string): string {
  if (process.platform !== 'linux') skip('there is no /proc')
  const args = ['-c', line, shell, process.execPath, '--input-type=module', '-e', ASK]
  const { error, stdout } = spawnSync(shell, args, { encoding: 'utf8', env: cleanEnv() })
  if (error) skip(`there is no ${shell}`)
  return stdout.trim()
}

for (const [line, expected] of [
  ['"$@"; true', 'false'],
  ['"$@" </dev/null; true', 'false'],
  ['trap \'\' HUP; "$@"; true', 'true'],
  ['"$@" 0>/dev/null; true', 'true'],
] as const)
  test(
    `${line} in sh: ${expected}`,
    skippable(() => assert.is(answer('sh', line), expected)),
  )

test(
  'nohup in bash: true, also by way of a script',
  skippable(() => {
    assert.is(answer('bash', 'nohup "$@" </dev/null 2>/dev/null'), 'true')
    assert.is(answer('bash', `nohup sh -c 'exec "$@"' sh "$@" </dev/null 2>/dev/null`), 'true')
  }),
)

test.run()
