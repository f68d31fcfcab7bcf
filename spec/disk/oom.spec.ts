/** What the kernel says of processes that it killed for lack of memory. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld } from '../../fixtures/world.ts'
import { OomKills } from '../../lib/disk/oom.ts'

const test = suite('kills for lack of memory')

function put(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

for (const [what, cgroups, file] of [
  ['a cgroup of version 2', '0::/user.slice/a\n', 'sys/fs/cgroup/user.slice/a/memory.events'],
  ['a container that sees its own cgroup as the root', '0::/kubepods/pod1\n', 'sys/fs/cgroup/memory.events'],
  ['a cgroup of version 1', '5:cpu,memory:/a\n0::/\n', 'sys/fs/cgroup/memory/a/memory.oom_control'],
] as const)
  test(
    `are counted in ${what}, from the start on, each once`,
    inWorld(({ dir }) => {
      put(dir, 'proc/self/cgroup', cgroups)
      put(dir, file, 'oom 9\noom_kill 3\n')
      const kills = new OomKills(dir)
      assert.is(kills.hasGrown(), false)
      put(dir, file, 'oom 9\noom_kill 5\n')
      assert.is(kills.hasGrown(), true)
      assert.is(kills.hasGrown(), false)
    }),
  )

test(
  'are none where nothing can be read',
  inWorld(({ dir }) => assert.is(new OomKills(dir).hasGrown(), false)),
)

test.run()
