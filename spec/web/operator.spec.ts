/** What an operator does all day, in a real browser: many jobs at once, views, columns, the keyboard. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inBrowser } from '../../fixtures/browser.ts'
import { SOON_MS } from '../../fixtures/jobs.ts'
import { until } from '../../fixtures/until.ts'

const test = suite('dashboard for operators')

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true })

const JOBS = 3000

test(
  'priority and queue of many jobs are changed after a question that names how many',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.enqueueAll(['a', 'b', 'c'].map((id) => ({ id, command: 'true' })))
    await visit('/jobs')
    const change = async (action: string, value: string): Promise<void> => {
      await page.getByLabel('Select all on this page').check()
      await button(page, action).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('textbox').or(dialog.getByRole('spinbutton')).or(dialog.getByRole('combobox')).fill(value)
      await button(page, `${action} 3 jobs`).click()
      await dialog.waitFor({ state: 'detached' })
    }
    await change('Priority', '12')
    await change('Move', 'slow')
    const job = await queue.get('b')
    assert.equal([job.priority, job.queue], [12, 'slow'])
  }),
)

test(
  'a long change shows how far it is, is stopped, and is seen by a page that is opened meanwhile',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.enqueueAll(Array.from({ length: JOBS }, (_, n) => ({ id: `j${n}`, command: 'true' })))
    await visit('/jobs')
    await page.getByLabel('Select all on this page').check()
    await button(page, 'Select all 3,000 matching').click()
    await button(page, 'Cancel').click()
    await button(page, 'Cancel 3,000 jobs').click()
    const bar = page.getByRole('region', { name: 'A long change' })
    await bar.getByText('of 3,000 jobs cancelled').waitFor()
    await visit('/workers')
    await bar.getByRole('button', { name: 'Stop' }).click()
    await bar.getByText('stopped').waitFor()
    const { dead } = await queue.count()
    assert.ok(dead > 0 && dead < JOBS, `${dead} are dead`)
    await bar.getByRole('button', { name: 'Close' }).click()
    await bar.waitFor({ state: 'detached' })
    await until(async () => (await queue.count()).pending > 0, SOON_MS, 'the others still wait')
  }),
)

test(
  'the list is sorted by the heads of its columns, and shows those that were chosen, also after a reload',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.enqueueAll([
      { id: 'a', command: 'true', queue: 'web', tags: ['night'], priority: 3 },
      { id: 'b', command: 'true', queue: 'mail', priority: 5 },
      { id: 'c', command: 'true', queue: 'batch' },
    ])
    const ids = (): Promise<string[]> => page.locator('td.c-job > a').allInnerTexts()
    const order = (expected: string): Promise<unknown> =>
      until(
        async () => (await ids()).join('') === expected,
        SOON_MS,
        () => `the order is ${expected}`,
      )
    await visit('/jobs')
    await order('bac')
    const head = page.getByRole('columnheader', { name: 'Queue' })
    await head.getByRole('button').click()
    await order('cba')
    assert.is(await head.getAttribute('aria-sort'), 'ascending')
    await head.getByRole('button').click()
    await order('abc')
    assert.match(page.url(), /sort=-queue/)
    await page.locator('.menu > summary').click()
    for (const name of ['Tags', 'Compact rows']) await page.getByLabel(name).check()
    await page.getByLabel('Attempts').uncheck()
    await page.getByLabel('Name of this view').fill('my view')
    await button(page, 'Save').click()
    await page.keyboard.press('Escape')
    await page.getByRole('cell', { name: 'night' }).waitFor()
    assert.is(await page.getByRole('columnheader', { name: 'Attempts' }).count(), 0)
    await page.locator('table.compact').waitFor()
    await page.reload()
    await page.getByRole('cell', { name: 'night' }).waitFor()
    await order('abc')
    await visit('/jobs')
    await order('bac')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: /A page, queue/ }).fill('my view')
    await page.keyboard.press('Enter')
    await order('abc')
  }),
)

test(
  'the palette goes to a page, a queue and a job, and acts on the job that is shown',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.enqueueAll([
      { id: 'report-41', command: 'make report', queue: 'mail' },
      { id: 'other', command: 'true' },
    ])
    const go = async (text: string): Promise<void> => {
      const box = page.getByRole('combobox', { name: /A page, queue/ })
      // A page that has just come up may not listen to keys yet; the key would close what is open.
      await until(
        async () => {
          await page.keyboard.press('Control+k')
          return box.isVisible()
        },
        SOON_MS,
        'the palette is open',
      )
      await box.fill(text)
      await page.getByRole('option').filter({ hasText: text }).first().waitFor()
      await page.keyboard.press('Enter')
    }
    await visit('/')
    await go('Workers')
    await page.waitForURL('**/workers')
    await go('report-41')
    await page.waitForURL('**/jobs/report-41')
    await page.locator('.page-head .state', { hasText: 'Pending' }).waitFor()
    await go('Hold')
    await page.locator('.page-head .state', { hasText: 'Held' }).waitFor()
    assert.is((await queue.get('report-41')).state, 'held')
    await go('mail')
    await page.waitForURL('**/jobs?queue=mail')
  }),
)

test(
  'times are of this browser, of UTC or of the server, and the choice is kept',
  inBrowser(
    async ({ page, visit, queue }) => {
      await queue.enqueue({ id: 'a', command: 'true', run_at: '2999-01-01T12:00:00Z' })
      await visit('/jobs/a')
      const due = page.locator('.facts')
      await due.getByText('1 Jan, 21:00:00').waitFor()
      await page.keyboard.press('z')
      await due.getByText('1 Jan, 12:00:00').waitFor()
      await page.reload()
      await due.getByText('1 Jan, 12:00:00').waitFor()
      await page.keyboard.press('z')
      await page.getByRole('button', { name: /^Times: server/ }).waitFor()
    },
    { timezoneId: 'Asia/Tokyo' },
  ),
)

test(
  'a new job is given a queue, a delay, an environment and its input, in fields or as JSON',
  inBrowser(async ({ page, visit, queue }) => {
    await visit('/jobs')
    await page.keyboard.press('n')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Command').fill('cat')
    await dialog.getByLabel('Queue').fill('mail')
    await dialog.locator('summary').click()
    await dialog.getByLabel('Delay').fill('2h')
    await dialog.getByLabel('Environment').fill('A=1\nB=x=y')
    await dialog.getByLabel('Standard input').fill('some text')
    await button(page, 'JSON').click()
    const json = dialog.getByLabel('The job as JSON')
    assert.equal(JSON.parse(await json.inputValue()), {
      command: 'cat',
      queue: 'mail',
      delay: '2h',
      env: { A: '1', B: 'x=y' },
      stdin: 'some text',
    })
    await json.fill((await json.inputValue()).replace('"mail"', '"slow"'))
    await button(page, 'Enqueue').click()
    await page.locator('.page-head .state', { hasText: 'Scheduled' }).waitFor()
    const job = await queue.get('last')
    assert.equal([job.queue, job.env, job.stdin], ['slow', { A: '1', B: 'x=y' }, 'some text'])
    assert.ok(Date.parse(job.run_at ?? '') > Date.now() + 7_000_000)
  }),
)

test(
  'a queue is paused with a reason, and resumed',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.enqueueAll([
      { id: 'a', command: 'true', queue: 'mail' },
      { id: 'b', command: 'true' },
    ])
    await visit('/queues')
    const mail = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'mail', exact: true }) })
    await mail.getByRole('button', { name: 'Pause' }).click()
    await page.getByLabel('Reason').fill('provider is down')
    await page.getByLabel('How long').selectOption('for an hour')
    await button(page, 'Pause').click()
    await mail.getByText('provider is down').waitFor()
    const pause = (await queue.pauses()).get('mail')
    assert.is(pause?.reason, 'provider is down')
    assert.ok(pause?.until)
    await mail.getByRole('button', { name: 'Resume' }).click()
    await mail.getByRole('button', { name: 'Pause' }).waitFor()
    assert.is((await queue.pauses()).size, 0)
    await button(page, 'Pause all').click()
    await button(page, 'Pause').click()
    await button(page, 'Resume all').click()
    await button(page, 'Pause all').waitFor()
    assert.is((await queue.pauses()).size, 0)
  }),
)

test(
  'a limit of a queue is edited, its numbers name who holds them, and a wrong rate is refused in the dialog',
  inBrowser(async ({ page, visit, queue, startWorker, cli, complaints }) => {
    await cli(['queue', 'set', 'mail', '--timeout', '600', '--max-retries', '4'])
    await queue.enqueueAll(['a', 'b', 'c'].map((id) => ({ id, command: 'sleep 300', queue: 'mail' })))
    await visit('/queues')
    await page.getByRole('link', { name: 'mail', exact: true }).click()
    await page.getByText('Without a limit a job needs no number').waitFor()
    await button(page, 'Edit limits').click()
    const dialog = page.getByRole('dialog')
    assert.is(await dialog.getByLabel('Timeout').inputValue(), '600')
    await dialog.getByLabel('Running at a time').fill('2')
    await dialog.getByLabel('Rate of starts').fill('often')
    await dialog.getByLabel(/^Attempts/).fill('')
    await button(page, 'Save').click()
    await dialog.getByRole('alert').getByText('rate: expected').waitFor()
    await dialog.getByLabel('Rate of starts').fill('100/h')
    await button(page, 'Save').click()
    await dialog.waitFor({ state: 'detached' })
    assert.equal((await queue.queueSettings()).get('mail'), { timeout: 600, limit: 2, rate: '100/h' })
    await startWorker({ count: 3 })
    const numbers = page.getByRole('region', { name: 'Numbers' })
    await numbers.getByText('2 of 2 taken').waitFor()
    assert.equal((await numbers.getByRole('link').allInnerTexts()).sort(), ['a', 'b'])
    await page.getByRole('link', { name: '2 of 2 processing in mail' }).waitFor()
    await page.keyboard.press('l')
    await dialog.getByLabel('Running at a time').fill('3')
    await page.keyboard.press('Enter')
    await numbers.getByText('3 of 3 taken').waitFor()
    await page.getByRole('link', { name: 'All together' }).click()
    await button(page, 'Edit limits').click()
    assert.is(await dialog.getByLabel('Timeout').count(), 0)
    await dialog.getByLabel('Running at a time').fill('8')
    await button(page, 'Save').click()
    await numbers.getByText(/of 8 taken/).waitFor()
    assert.equal(complaints.splice(0).length, 1, 'the browser reports the refusal')
  }),
)

test(
  'a queue is drained: it is paused, and what still runs is told until it has ended',
  inBrowser(async ({ page, visit, queue, startWorker, dir }) => {
    await startWorker({ count: 2 })
    await queue.enqueueAll([
      { id: 'long', command: 'until test -e go; do sleep 0.05; done', queue: 'mail', cwd: dir },
      { id: 'later', command: 'true', queue: 'mail', run_at: '2999-01-01T00:00:00Z' },
    ])
    await visit('/queues?queue=mail')
    await page.getByRole('link', { name: '1 processing in mail' }).waitFor()
    await button(page, 'Drain').click()
    await page.getByLabel('Reason').fill('the server is replaced')
    await page.getByRole('dialog').getByRole('button', { name: 'Drain' }).click()
    await page.getByText('mail paused; still running: 1 job').waitFor()
    assert.is((await queue.pauses()).get('mail')?.reason, 'the server is replaced')
    writeFileSync(join(dir, 'go'), '')
    await page.getByRole('link', { name: '0 processing in mail' }).waitFor()
    await page.keyboard.press('h')
    await page.getByRole('button', { name: 'Pause mail' }).waitFor()
    assert.is((await queue.pauses()).size, 0)
  }),
)

test(
  'a bar of the chart leads to its jobs, and the chart shows one queue and how long jobs ran',
  inBrowser(async ({ page, visit, queue, startWorker }) => {
    await queue.enqueueAll([
      { id: 'a', command: 'true', queue: 'mail' },
      { id: 'b', command: 'exit 1', max_retries: 1 },
    ])
    const worker = await startWorker({ args: ['--burst'] })
    await worker.ended
    await visit('/')
    const chart = page.locator('.chart')
    await chart.getByRole('link').first().waitFor()
    await page.getByLabel('Queue of the chart').selectOption('mail')
    await page.getByText('1 completed').first().waitFor()
    await button(page, 'Run time').click()
    await page.locator('.chart .p50 circle').first().waitFor()
    await button(page, 'log').click()
    await button(page, 'Jobs').click()
    await chart.getByRole('link').last().click()
    await page.getByRole('heading', { name: 'Jobs' }).waitFor()
    await page.locator('tr[data-id="a"]').waitFor()
    assert.is(await page.locator('tr[data-id="b"]').count(), 0)
    await page.getByRole('button', { name: /^Remove the filter changed since/ }).waitFor()
  }),
)

test(
  'a worker shows its log and what its jobs use, and is stopped',
  inBrowser(async ({ page, visit, queue, startWorker }) => {
    const worker = await startWorker()
    await queue.enqueue({ id: 'long', command: 'sleep 300' })
    await visit('/workers')
    await page
      .getByText(/% CPU, .* [kM]B/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Log' }).click()
    await page.getByLabel(/^The end of the log/).waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByLabel(/end its jobs/).check()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click()
    await worker.ended
    await page.getByText('No workers running').waitFor()
    assert.is((await queue.get('long')).state, 'pending')
  }),
)

test(
  'events are searched and narrowed by several kinds',
  inBrowser(async ({ page, visit, queue, startWorker }) => {
    await queue.enqueueAll([
      { id: 'good', command: 'true' },
      { id: 'broken', command: 'echo no route >&2; exit 1', max_retries: 1 },
    ])
    await (await startWorker({ args: ['--burst'] })).ended
    await visit('/events')
    const lines = page.locator('.events > li')
    await page.locator('.menu > summary').click()
    for (const kind of ['completed', 'dead']) await page.getByLabel(kind, { exact: true }).check()
    await until(async () => (await lines.count()) === 2, SOON_MS, 'two events are listed')
    await page.keyboard.press('Escape')
    await page.getByLabel('Search events').fill('no route')
    await until(async () => (await lines.count()) === 1, SOON_MS, 'one event is listed')
    await page.reload()
    await lines.getByText('broken').first().waitFor()
    assert.match(page.url(), 'event=completed,dlq')
  }),
)

test(
  'two attempts are compared: their records, and what they wrote',
  inBrowser(async ({ page, visit, queue, startWorker, dir }) => {
    await queue.enqueue({
      id: 'twice',
      cwd: dir,
      command: 'echo same; echo run $QUEUECTL_RUN; test -e go || { touch go; exit 3; }',
      max_retries: 1,
    })
    await (await startWorker({ args: ['--burst'] })).ended
    await queue.retry('twice')
    await (await startWorker({ args: ['--burst'] })).ended
    await visit('/jobs/twice')
    await button(page, 'Compare').click()
    const diff = page.getByRole('region', { name: 'Comparison of two attempts' })
    await diff.getByRole('cell', { name: 'outcome' }).waitFor()
    const text = await diff.getByLabel('What differs in stdout').innerText()
    assert.equal(
      text
        .trim()
        .split('\n')
        .map((line) => line.trim()),
      ['same', '- run 1', '+ run 2'],
    )
  }),
)

test.run()
