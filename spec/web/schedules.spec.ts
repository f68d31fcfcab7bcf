/** Schedules on the dashboard, in a real browser: looked at, run, paused and resumed as a person would. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inBrowser } from '../../fixtures/browser.ts'

const test = suite('schedules on the dashboard')

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true })

const BACKUP = { cron: '30 2 * * *', tz: 'Europe/Berlin', description: 'All of it', job: { command: 'echo saved' } }

test(
  'a schedule is run now, and its job is there; its times stay as they are',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.addSchedule('backup', BACKUP)
    const before = (await queue.schedule('backup'))?.next
    await visit('/schedules')
    await page.getByRole('cell', { name: 'at 02:30 every day, Europe/Berlin' }).waitFor()
    await button(page, 'Run now backup').click()
    await page.getByText(/backup-manual-\S+ enqueued/).waitFor()
    const job = await queue.get('last')
    assert.equal([job.command, job.state], ['echo saved', 'pending'])
    assert.is((await queue.schedule('backup'))?.next, before)
    await page.getByRole('link', { name: 'backup', exact: true }).click()
    await page.getByRole('link', { name: 'Its jobs' }).click()
    await page.locator(`tr[data-id="${job.id}"]`).waitFor()
  }),
)

test(
  'a schedule is paused with a reason and resumed, from the list and by keyboard',
  inBrowser(async ({ page, visit, queue }) => {
    await queue.addSchedule('backup', BACKUP)
    await visit('/schedules')
    await button(page, 'Pause backup').click()
    await page.getByLabel('Reason').fill('the disk is full')
    assert.is(await page.getByLabel('How long').count(), 0)
    await button(page, 'Pause').click()
    const line = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'backup', exact: true }) })
    await line.getByText('the disk is full').waitFor()
    const paused = await queue.schedule('backup')
    assert.equal([paused?.state, paused?.reason], ['paused', 'the disk is full'])
    await line.getByRole('link', { name: 'backup', exact: true }).click()
    await page.getByText('None while it is paused').waitFor()
    await page.keyboard.press('h')
    await page.getByRole('list').filter({ hasText: 'CE' }).first().waitFor()
    assert.is((await queue.schedule('backup'))?.state, 'on')
  }),
)

test(
  'a schedule shows its next ten times by its own clocks, and says what is special about days on which these change',
  inBrowser(
    async ({ page, visit, queue }) => {
      await queue.addSchedule('backup', BACKUP)
      await queue.addSchedule('quarter', { cron: '0 12 1 */3 *', tz: 'Europe/Berlin', job: { command: 'true' } })
      await visit('/schedules/backup')
      await page.getByText(/^On the day on which clocks skip 02:30 in Europe\/Berlin it occurs at 03:00/).waitFor()
      const times = page.getByRole('region', { name: 'Next times' }).getByRole('listitem')
      await times.first().waitFor()
      assert.is(await times.count(), 10)
      assert.match(await times.first().innerText(), /(01|00):30:00[^]*02:30 CES?T/)
      await visit('/schedules/quarter')
      await page.getByText('Clocks change in Europe/Berlin before this time').first().waitFor()
    },
    { timezoneId: 'UTC' },
  ),
)

test(
  'what a schedule did is listed: jobs with their state, and times that were skipped',
  inBrowser(async ({ page, visit, queue, startWorker, dir }) => {
    await queue.addSchedule('often', {
      every: '1s',
      max_runs: 2,
      job: { command: 'until test -e go; do sleep 0.05; done', cwd: dir },
    })
    await startWorker({ count: 1 })
    await visit('/schedules/often')
    const history = page.getByRole('region', { name: 'History' })
    await history.getByText('Processing').waitFor()
    await history.getByText('Skipped: its last job was not finished').first().waitFor()
    writeFileSync(join(dir, 'go'), '')
    await history.getByText('Completed').first().waitFor()
    await page.getByText('no more times', { exact: true }).waitFor()
    await history.getByRole('button', { name: /^skipped [1-9]/ }).click()
    assert.is(await history.getByRole('link').count(), 0)
    await history.getByRole('button', { name: /^fired 2/ }).click()
    assert.is(await history.getByRole('link').count(), 2)
  }),
)

test(
  'a file that cannot be obeyed is named with what is wrong, and a schedule dropped by hand appears',
  inBrowser(async ({ page, visit, queue, home }) => {
    await queue.addSchedule('backup', BACKUP)
    await visit('/schedules')
    await page.getByRole('link', { name: 'backup', exact: true }).waitFor()
    writeFileSync(
      join(home, 'schedules/broken.json'),
      '{"cron": "61 * * * *", "tz": "UTC", "job": {"command": "true"}}',
    )
    await page.getByText(/^Fires nothing: cron: "61 /).waitFor()
    assert.is(await button(page, 'Run now broken').count(), 0)
    await page.getByRole('link', { name: 'broken', exact: true }).click()
    await page.getByText(/^Its file cannot be obeyed, so it fires nothing/).waitFor()
  }),
)

test(
  'a read-only dashboard shows schedules, queues and their limits, and no button that changes them',
  inBrowser(
    async ({ page, visit, queue }) => {
      await queue.addSchedule('backup', BACKUP)
      await queue.setQueue('mail', { limit: 2 })
      const none = async (): Promise<void> =>
        assert.is(await page.getByRole('button', { name: /Pause |Pause$|Run now|Edit limits|Drain/ }).count(), 0)
      await visit('/schedules')
      await page.getByRole('link', { name: 'backup', exact: true }).waitFor()
      await none()
      await visit('/schedules/backup')
      await page.getByText('All of it').waitFor()
      await none()
      await visit('/queues?queue=mail')
      await page.getByText('0 of 2 taken').waitFor()
      // That of the live updates stops nothing on the server.
      await none()
    },
    { server: { readOnly: true } },
  ),
)

test.run()
