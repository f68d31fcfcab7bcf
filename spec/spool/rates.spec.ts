/** Rates: how many starts a window allows, whoever asks. */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ROOT } from '../../fixtures/program.ts'
import { rounds } from '../../fixtures/rounds.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { type Home, openHome } from '../../lib/spool/layout.ts'
import { sweepRates, untilKnownRate, untilRate, useRate } from '../../lib/spool/rates.ts'

const test = suite('rates')

const RATE = { name: 'q.mail', count: 3, seconds: 60 }
const homeOf = (world: World): Home => openHome(world.home)
const dirOf = (home: Home): string => join(home.rates, 'q.mail/3-60')

test(
  'as many may start at once as the window allows, and no more',
  inWorld((world) => {
    const home = homeOf(world)
    assert.is(untilRate(home, RATE), 0)
    assert.equal(
      [1, 2, 3, 4].map(() => useRate(home, RATE)),
      [true, true, true, false],
    )
    const wait = untilRate(home, RATE)
    assert.ok(wait > 50_000 && wait <= 60_010, String(wait))
  }),
)

test(
  'to ask makes nothing',
  inWorld((world) => {
    const home = homeOf(world)
    assert.is(untilKnownRate(home, RATE), 0)
    assert.not.ok(readdirSync(home.root).includes('rates'))
  }),
)

test(
  'a rate that was changed knows the last starts',
  inWorld((world) => {
    const home = homeOf(world)
    for (let n = 0; n < 3; n++) useRate(home, RATE)
    const more = { ...RATE, count: 5 }
    assert.equal(
      [1, 2, 3].map(() => useRate(home, more)),
      [true, true, false],
    )
    assert.not.ok(useRate(home, { ...RATE, count: 2 }))
  }),
)

test(
  'a start in another boot is as old as this boot is long',
  inWorld((world) => {
    const home = homeOf(world)
    const short = { ...RATE, seconds: 1 }
    for (let n = 0; n < 3; n++) useRate(home, short)
    const dir = join(home.rates, 'q.mail/3-1')
    for (const name of readdirSync(dir)) {
      const [i = '', , at = ''] = name.split('-')
      renameSync(join(dir, name), join(dir, `${i}-ffffffff-${at}`))
    }
    assert.ok(useRate(home, short))
  }),
)

test(
  'rm -r of its directory begins afresh',
  inWorld((world) => {
    const home = homeOf(world)
    for (let n = 0; n < 3; n++) useRate(home, RATE)
    rmSync(join(home.rates, 'q.mail'), { recursive: true })
    assert.ok(useRate(home, RATE))
  }),
)

test(
  'where somebody has removed the files of single starts, fewer start, and not more',
  inWorld((world) => {
    const home = homeOf(world)
    useRate(home, RATE)
    for (const name of readdirSync(dirOf(home))) rmSync(join(dirOf(home), name))
    assert.not.ok(useRate(home, RATE))
    assert.ok(untilRate(home, RATE) > 0)
  }),
)

test(
  'the sweep leaves a set that was used lately',
  inWorld((world) => {
    const home = homeOf(world)
    useRate(home, RATE)
    mkdirSync(join(home.rates, 'q.mail/9-9'))
    sweepRates(home)
    assert.equal(readdirSync(join(home.rates, 'q.mail')).sort(), ['3-60', '9-9'])
  }),
)

test(
  'of many processes that use a rate at the same time no more succeed in any window than it allows',
  inWorld(async (world) => {
    homeOf(world)
    const [count, seconds] = [4, 1]
    const args = [`${ROOT}dist/fixtures/rate-taker.js`, world.home, String(count), String(seconds)]
    const outputs = await Promise.all(
      [1, 2, 3].map(async () => {
        const child = spawn(process.execPath, [...args, String(rounds(3500, 30_000))], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        let text = ''
        for await (const part of child.stdout) text += String(part)
        return text
      }),
    )
    const times = outputs
      .join('')
      .split('\n')
      .filter(Boolean)
      .map(Number)
      .sort((a, b) => a - b)
    assert.ok(times.length >= 2 * count, `${times.length} starts`)
    // Each is told a moment after the start was used.
    const LATE_MS = 100
    for (const [n, at] of times.entries()) {
      const after = times[n + count]
      if (after !== undefined)
        assert.ok(after - at >= seconds * 1000 - LATE_MS, `${count + 1} starts in ${after - at} ms`)
    }
  }),
)

test.run()
