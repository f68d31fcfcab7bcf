/** The dashboard in a real browser, with a real server, workers and jobs. */
import { readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inBrowser } from '../../fixtures/browser.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { SOON_MS } from '../../fixtures/jobs.ts'
import { until } from '../../fixtures/until.ts'

const test = suite('dashboard in a browser')

/** The members of an element that these specs use: they have no browser types. */
interface Scrolling {
  scrollTop: number
  readonly scrollHeight: number
  readonly clientHeight: number
}

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true })
const row = (page: Page, id: string): Locator =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name: id, exact: true }) })
const sees = (page: Page, text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor()
/** The state in the head of a job's page. */
const stateIs = (page: Page, state: string): Promise<void> =>
  page.locator('.page-head .state', { hasText: state }).waitFor()

test(
  'a job is enqueued, runs, shows its output as it is written, and completes',
  inBrowser(async ({ page, visit, startWorker, dir, home }) => {
    await startWorker()
    await visit('/')
    await button(page, 'New job').click()
    await page
      .getByRole('dialog')
      .getByLabel('Command')
      .fill('echo first; while [ ! -e go ]; do sleep 0.02; done; echo second >&2')
    await page.locator('summary', { hasText: 'More' }).click()
    await page.getByLabel('Id').fill('mine')
    await page.getByLabel('Directory').fill(dir)
    await button(page, 'Enqueue').click()
    await page.waitForURL('**/jobs/mine')
    await stateIs(page, 'Processing')
    await page.getByRole('log').getByText('first').waitFor()
    await sees(page, /1 line\. Following/)
    writeFileSync(join(dir, 'go'), '')
    await page.getByRole('log').getByText('second').waitFor()
    await stateIs(page, 'Completed')
    await sees(page, /2 lines\. The run has ended/)
    assertHomeIntact(home)
  }),
)

test(
  'the progress that a job reports is drawn in the list, on its page and at its worker',
  inBrowser(async ({ page, visit, startWorker, queue, dir }) => {
    await startWorker()
    await queue.enqueue({
      id: 'long',
      cwd: dir,
      command: `report() { echo "$1" >> "$QUEUECTL_PROGRESS"; }; report '{"pct":37.6,"note":"page 3 of 8"}'
        while [ ! -e go ]; do sleep 0.02; done; report 80; while [ ! -e end ]; do sleep 0.02; done`,
    })
    const drawn = (at: string): Promise<void> => page.locator(`progress[value="${at}"]`).waitFor()
    for (const path of ['/jobs', '/workers', '/jobs/long']) {
      await visit(path)
      await drawn('37.6')
      await sees(page, '37 %')
      await sees(page, 'page 3 of 8')
    }
    writeFileSync(join(dir, 'go'), '')
    await drawn('80')
    writeFileSync(join(dir, 'end'), '')
    await stateIs(page, 'Completed')
    assert.is(await page.locator('progress').count(), 0)
  }),
)

test(
  'a job fails, and completes after a retry',
  inBrowser(async ({ page, visit, startWorker, queue, dir }) => {
    await startWorker()
    await queue.enqueue({ id: 'shaky', command: 'cat wanted', cwd: dir, max_retries: 1 })
    await visit('/jobs/shaky')
    await stateIs(page, 'Dead')
    await page.getByRole('log').getByText('No such file').waitFor()
    await sees(page, /exit code 1/)
    writeFileSync(join(dir, 'wanted'), 'here it is')
    await button(page, 'Retry').click()
    await stateIs(page, 'Completed')
    await page.getByRole('log').getByText('here it is').waitFor()
    await page.getByText('Run 2').or(page.getByText('Attempt 1')).first().waitFor()
    assert.is(await page.locator('button.attempt').count(), 2)
  }),
)

test(
  'the list is filtered by state, search and qualifiers, and a reload keeps the filter',
  inBrowser(async ({ page, visit, queue, url }) => {
    await queue.enqueueAll([
      { id: 'one', command: 'make one', queue: 'mail' },
      { id: 'two', command: 'make two', queue: 'mail', tags: ['night'] },
      { id: 'three', command: 'make three' },
      { id: 'later', command: 'make later', run_at: '2999-01-01T00:00:00Z' },
    ])
    await visit('/')
    await page
      .getByRole('navigation', { name: 'Jobs by state' })
      .getByRole('link', { name: /^Pending/ })
      .click()
    await row(page, 'three').waitFor()
    const search = page.getByLabel('Search jobs')
    await search.fill('make t')
    await row(page, 'one').waitFor({ state: 'detached' })
    await search.fill('queue:mail make t')
    await search.press('Enter')
    await row(page, 'three').waitFor({ state: 'detached' })
    assert.is(page.url(), `${url}/jobs?state=pending&queue=mail&q=make+t`)
    await page.reload()
    await row(page, 'two').waitFor()
    assert.is(await page.getByRole('row').count(), 2)
    assert.is(await search.inputValue(), 'make t')
    await search.fill('nothing like this')
    await sees(page, 'No jobs match')
  }),
)

test(
  'what is typed in the search is understood at a pause, and each chip takes its filter away again',
  inBrowser(async ({ page, visit, queue, url }) => {
    await queue.enqueueAll([
      { id: 'one', command: 'make one', queue: 'mail', tags: ['night shift'] },
      { id: 'two', command: 'make two', queue: 'mails' },
      { id: 'three', command: 'make three' },
    ])
    await visit('/jobs')
    await row(page, 'three').waitFor()
    const search = page.getByLabel('Search jobs')
    // At once: between two keys of a busy machine there may be a pause that is long enough to be one.
    await search.fill('queue:mail')
    // It may become `mails`: the list stays, and both are suggested.
    await page.getByRole('option', { name: 'queue:mails' }).waitFor()
    assert.is(await page.getByRole('row').count(), 4)
    await search.pressSequentially('s')
    await row(page, 'three').waitFor({ state: 'detached' })
    await button(page, 'Remove the filter queue mails').waitFor()
    await search.pressSequentially(' ')
    await until(async () => (await search.inputValue()).trim() === '', SOON_MS, 'the chip stands for the word')
    await button(page, 'Remove the filter queue mails').click()
    await row(page, 'three').waitFor()
    assert.is(page.url(), `${url}/jobs`)
    await search.fill('tag:ni')
    await page.getByRole('option', { name: 'tag:"night shift"' }).waitFor()
    await search.press('ArrowDown')
    await search.press('Enter')
    await button(page, 'Remove the filter tag night shift').waitFor()
    await row(page, 'two').waitFor({ state: 'detached' })
    assert.is(await page.getByRole('row').count(), 2)
    await visit('/jobs?q=queue%3Amail+make')
    await button(page, 'Remove the filter queue mail').waitFor()
    await page.waitForURL(`${url}/jobs?queue=mail&q=make`)
    assert.is(await search.inputValue(), 'make')
  }),
)

test(
  'a waiting job says why it waits and when it will start',
  inBrowser(async ({ page, visit, queue, startWorker, dir }) => {
    await queue.enqueueAll([
      { id: 'first', command: 'while [ ! -e go ]; do sleep 0.02; done', cwd: dir },
      { id: 'second', command: 'true' },
      { id: 'cancelled', command: 'true' },
    ])
    await queue.cancel('cancelled', 'not needed')
    await visit('/jobs/second')
    await sees(page, /No worker is alive/)
    await sees(page, '1 job ahead of it')
    await startWorker()
    await sees(page, 'The only slot is busy')
    await page.locator('.reasons').getByRole('link', { name: 'first' }).waitFor()
    writeFileSync(join(dir, 'go'), '')
    await stateIs(page, 'Completed')
    await visit('/jobs/cancelled')
    await sees(page, 'Cancelled before it started')
    await sees(page, /not needed/)
  }),
)

test(
  'all matching jobs are retried, also on other pages, after a confirmation with their number',
  inBrowser(async ({ page, visit, startWorker, queue, home }) => {
    await queue.enqueueAll(Array.from({ length: 60 }, () => ({ command: 'exit 1', max_retries: 1, queue: 'bad' })))
    await queue.enqueue({ id: 'other', command: 'exit 1', max_retries: 1 })
    const worker = await startWorker({ count: 8, args: ['--burst'] })
    await worker.ended
    await visit('/jobs?state=dead&queue=bad')
    await page.getByLabel('Select all on this page').check()
    await button(page, 'Select all 60 matching').click()
    await page.getByRole('region', { name: 'Selected jobs' }).getByRole('button', { name: 'Retry' }).click()
    const dialog = page.getByRole('dialog', { name: 'Retry 60 jobs?' })
    await dialog.getByRole('button', { name: 'Retry 60 jobs' }).click()
    await sees(page, '60 jobs retried')
    await sees(page, 'No jobs match')
    const counts = await queue.count()
    assert.equal([counts.pending, counts.dead], [60, 1])
    assertHomeIntact(home)
  }),
)

test(
  'nothing is done when the number of matching jobs has changed, and the new number is confirmed',
  inBrowser(async ({ page, visit, queue, home, complaints }) => {
    await queue.enqueueAll(Array.from({ length: 52 }, () => ({ command: 'true' })))
    await visit('/jobs?state=pending')
    await page.getByLabel('Select all on this page').check()
    await button(page, 'Select all 52 matching').click()
    await page.getByRole('region', { name: 'Selected jobs' }).getByRole('button', { name: 'Hold' }).click()
    await button(page, 'Hold 52 jobs').waitFor()
    await queue.enqueue({ command: 'true' })
    await button(page, 'Hold 52 jobs').click()
    await page.getByRole('dialog').getByRole('alert').waitFor()
    await button(page, 'Hold 53 jobs').waitFor()
    assert.is((await queue.count()).held, 0)
    complaints.length = 0
    assertHomeIntact(home)
  }),
)

test(
  'a job is held and released at once, and cancelled after a confirmation',
  inBrowser(async ({ page, visit, queue, home }) => {
    await queue.enqueue({ id: 'waits', command: 'true' })
    await visit('/jobs/waits')
    await button(page, 'Hold').click()
    await stateIs(page, 'Held')
    await button(page, 'Release').click()
    await stateIs(page, 'Pending')
    await button(page, 'Cancel').click()
    await page.getByRole('dialog', { name: 'Cancel this job?' }).getByRole('button', { name: 'Keep' }).click()
    assert.is((await queue.get('waits')).state, 'pending')
    await button(page, 'Cancel').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel', exact: true }).click()
    await stateIs(page, 'Dead')
    assertHomeIntact(home)
  }),
)

test(
  'a job moved by mv is shown in its new state',
  inBrowser(async ({ page, visit, queue, home }) => {
    await queue.enqueue({ id: 'moved', command: 'true' })
    await visit('/jobs')
    await row(page, 'moved').getByText('Pending').waitFor()
    const [name = ''] = readdirSync(join(home, 'pending'))
    renameSync(join(home, 'pending', name), join(home, 'hold', name))
    await row(page, 'moved').getByText('Held').waitFor()
  }),
)

test(
  'a lost connection is shown, and reconnects by itself',
  inBrowser(async ({ page, visit, server, serve, queue, complaints }) => {
    await visit('/jobs')
    await sees(page, 'No jobs yet')
    await page.getByRole('status').getByText('Live').waitFor()
    await server.close()
    await page.getByRole('alert').getByText('Connection lost').waitFor()
    await queue.enqueue({ id: 'meanwhile', command: 'true' })
    await serve()
    await row(page, 'meanwhile').waitFor()
    await page.getByRole('status').getByText('Live').waitFor()
    assert.ok(
      complaints.every((text) => /ERR_|Failed to load resource/.test(text)),
      complaints.join(),
    )
    complaints.length = 0
  }),
)

test(
  'a hidden tab closes its streams, and updates as soon as it is shown',
  inBrowser(async ({ page, visit, queue, url }) => {
    const look = (isHidden: boolean): Promise<unknown> =>
      page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, value: ${isHidden} });
        document.dispatchEvent(new Event('visibilitychange'))`)
    await page.clock.install()
    await visit('/jobs')
    await sees(page, 'No jobs yet')
    await page.getByRole('status').getByText('Live').waitFor()
    const ended = page.waitForEvent('requestfailed', (request) => request.url() === `${url}/api/v1/stream`)
    await look(true)
    await page.clock.fastForward(6000)
    await ended
    await queue.enqueue({ id: 'unseen', command: 'true' })
    await look(false)
    await row(page, 'unseen').waitFor()
    await page.getByRole('status').getByText('Live').waitFor()
  }),
)

test(
  'output follows its end, pauses when scrolled up, and resumes at the end',
  inBrowser(async ({ page, visit, startWorker, queue, dir }) => {
    await startWorker()
    await queue.enqueue({
      id: 'long',
      cwd: dir,
      command: 'seq 1 500; while [ ! -e go ]; do sleep 0.02; done; seq 501 1000',
    })
    await visit('/jobs/long')
    const log = page.getByRole('log')
    await sees(page, /500 lines\. Following/)
    const atEnd = (): Promise<boolean> =>
      log.evaluate((one: Scrolling) => one.scrollHeight - one.scrollTop - one.clientHeight < 24)
    assert.ok(await atEnd())
    await log.evaluate((one: Scrolling) => {
      one.scrollTop = 0
    })
    await sees(page, /Paused because you scrolled up/)
    writeFileSync(join(dir, 'go'), '')
    await sees(page, /1,000 lines/)
    assert.not(await atEnd())
    await button(page, 'Jump to end').click()
    assert.ok(await atEnd())
  }),
)

test(
  'ids, commands and output that look like HTML are shown as text',
  inBrowser(async ({ page, visit, startWorker, queue }) => {
    const evil = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`
    await startWorker()
    await queue.enqueue({
      id: 'evil',
      command: ['printf', '%s\\n\\033[31m%s\\n', evil, evil],
      queue: 'a.b',
      tags: [evil],
    })
    await queue.enqueue({ id: 'evil2', command: ['sh', '-c', `echo '${evil}' >&2; exit 1`], max_retries: 1 })
    await until(async () => (await queue.count()).dead === 1, SOON_MS, 'the second is dead')
    for (const path of ['/', '/jobs', '/jobs/evil', '/jobs/evil2', '/dead', '/events']) {
      await visit(path)
      await sees(page, 'evil')
      assert.is(await page.locator('img[src="x"]').count(), 0, path)
      assert.not.match(await page.title(), 'taken')
    }
    await visit('/jobs/evil')
    await page.getByRole('log').locator('.f-red').getByText(evil).waitFor()
  }),
)

test(
  'dead letters are grouped by error, and a group is retried together',
  inBrowser(async ({ page, visit, startWorker, queue }) => {
    await queue.enqueueAll([
      { command: 'exit 3', max_retries: 1 },
      { command: 'exit 3', max_retries: 1 },
      { id: 'alone', command: 'exit 4', max_retries: 1 },
    ])
    const worker = await startWorker({ args: ['--burst'] })
    await worker.ended
    await visit('/dead')
    await sees(page, '3 jobs, 2 errors')
    await button(page, 'Retry 2 jobs: exit code 3').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Retry 2 jobs' }).click()
    await sees(page, '1 job, 1 error')
    assert.is((await queue.count()).pending, 2)
  }),
)

test(
  'errors that differ only in ids are one group, by choice the same ones only, and the newest may come first',
  inBrowser(async ({ page, visit, startWorker, queue }) => {
    await queue.enqueueAll([
      { id: 'a', command: 'echo "request 41 failed" >&2; exit 1', max_retries: 1, queue: 'mail' },
      { id: 'b', command: 'echo "request 42 failed" >&2; exit 1', max_retries: 1 },
      { id: 'c', command: 'exit 4', max_retries: 1, priority: -1 },
    ])
    const worker = await startWorker({ args: ['--burst'] })
    await worker.ended
    await visit('/dead')
    await sees(page, '3 jobs, 2 errors')
    await sees(page, /queues default, mail/)
    const groups = page.locator('.group .error')
    assert.match(await groups.first().innerText(), /request n failed/)
    await button(page, 'Latest').click()
    await groups.first().getByText('exit code 4').waitFor()
    await button(page, 'Same').click()
    await sees(page, '3 jobs, 3 errors')
    await button(page, 'Alike').click()
    await page.getByRole('link', { name: /request n failed/ }).click()
    await row(page, 'a').waitFor()
    assert.is(await page.getByRole('row').count(), 3)
    assert.is(await page.locator('.button.danger').count(), 0)
  }),
)

test(
  'a waiting job is edited, and duplicated with other values',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.enqueue({ id: 'first', command: 'true', tags: ['kept'] })
    await visit('/jobs/first')
    await button(page, 'Edit').click()
    await page.getByLabel('Priority').fill('7')
    await button(page, 'Save').click()
    await page.locator('.facts').getByText('7', { exact: true }).waitFor()
    assert.is((await queue.get('first')).priority, 7)
    await button(page, 'Duplicate').click()
    await page.getByRole('dialog').getByLabel('Command').fill('echo again')
    await button(page, 'Enqueue').click()
    await page.waitForURL((url) => !url.pathname.endsWith('/first'))
    const again = await queue.get('last')
    assert.equal([again.command, again.priority, again.tags], ['echo again', 7, ['kept']])
  }),
)

test(
  'settings are shown with their source and changed',
  inBrowser(async ({ page, visit, queue }) => {
    await visit('/config')
    const setting = page.getByRole('row').filter({ hasText: 'max-retries' })
    await setting.getByText('default').first().waitFor()
    await setting.getByRole('button').click()
    await page.getByRole('dialog').getByRole('textbox').fill('5')
    await button(page, 'Save').click()
    await setting.getByText('config.json').waitFor()
    assert.is(queue.config().max_retries, 5)
  }),
)

test(
  'a read-only dashboard says so and offers no changes',
  inBrowser(
    async ({ page, visit, queue }) => {
      await queue.enqueue({ id: 'seen', command: 'true' })
      await visit('/jobs/seen')
      await page.getByText('read-only').first().waitFor()
      assert.is(await button(page, 'Cancel').count(), 0)
      assert.is(await button(page, 'Duplicate').count(), 0)
      await visit('/jobs')
      await row(page, 'seen').waitFor()
      assert.is(await page.getByRole('checkbox').count(), 0)
      await page.keyboard.press('n')
      assert.is(await page.getByRole('dialog').count(), 0)
    },
    { server: { readOnly: true } },
  ),
)

test(
  'with a token the sign-in page comes first',
  inBrowser(
    async ({ page, url, complaints }) => {
      await page.goto(`${url}/jobs`)
      await page.getByLabel('Token').fill('wrong')
      await button(page, 'Sign in').click()
      await page.getByRole('alert').waitFor()
      await page.getByLabel('Token').fill('0123456789abcdef0123')
      await page.getByLabel('Token').press('Enter')
      await sees(page, 'No jobs yet')
      await page.reload()
      await sees(page, 'No jobs yet')
      assert.ok(
        complaints.every((text) => text.includes('401')),
        complaints.join(),
      )
      complaints.length = 0
    },
    { server: { token: '0123456789abcdef0123' } },
  ),
)

test.run()
