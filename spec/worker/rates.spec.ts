/** What a worker knows of rates: until when they let nothing start. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld } from '../../fixtures/world.ts'
import { until } from '../../fixtures/until.ts'
import { monotonicMs } from '../../lib/clock.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { Rates } from '../../lib/worker/rates.ts'

const test = suite('rates of a worker')

test(
  'a wait that is over by the time that the round ends is worth another round, once',
  inWorld(async (world) => {
    const rate = { name: 'q.mail', count: 1, seconds: 1 }
    const rates = new Rates(openHome(world.home), { attempt: (_entry, _doing, act) => act(), forget() {} }, () => [
      rate,
    ])
    assert.ok(rates.use([rate]))
    assert.not.ok(rates.areOpen([rate]))
    const ends = rates.next
    await until(() => monotonicMs() > ends, 5000, 'its time has come')
    assert.not.ok(rates.mustWait('mail'))
    assert.is(rates.next, ends)
    assert.is(rates.next, Number.POSITIVE_INFINITY)
  }),
)

test.run()
