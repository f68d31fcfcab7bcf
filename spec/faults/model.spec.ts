/** Random operations and crashes, against the crash table as a model. */
import { join } from 'node:path'
import { suite } from 'uvu'
import { skip } from '../../fixtures/skip.ts'
import { inWorld } from '../../fixtures/world.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { check } from './model.ts'

const test = suite('random sequences against a model')

test(
  'whatever was done before a crash, recovery does what the crash table says',
  inWorld(async (world) => {
    if (process.platform !== 'linux') skip('descriptors are looked up in /proc')
    let made = 0
    await check(() => openHome(join(world.dir, `home${made++}`)), 20, 1)
  }),
)

test.run()
