/** What a schedule did about one of its times. */
import type { FiredTime, ScheduleRow, State } from '../api-types.ts'
import { jobUrl } from '../url.ts'
import { STATE_NAMES, StateBadge } from './state-badge.tsx'
import { TimeAgo } from './time-ago.tsx'

export const DEED_TEXTS: Record<FiredTime['did'], string> = {
  began: 'Counted from here',
  fired: 'Fired',
  skipped: 'Skipped: its last job was not finished',
  missed: 'Missed: no worker was there in time',
}

const isState = (state: string): state is State => state in STATE_NAMES

/** The state of the job that it made. */
export const MadeState = ({ state }: { readonly state: string | undefined }) =>
  state === undefined ? (
    <span class="faint">gone</span>
  ) : isState(state) ? (
    <StateBadge state={state} />
  ) : (
    <span>{state}</span>
  )

export const LastTime = ({ last }: Pick<ScheduleRow, 'last'>) =>
  last === null ? (
    <span class="faint none">–</span>
  ) : last.job === undefined ? (
    <span class="soft" title={DEED_TEXTS[last.did]}>
      {last.did}, <TimeAgo at={last.at} />
    </span>
  ) : (
    <a href={jobUrl(last.job)} title={last.job}>
      <MadeState state={last.state} />
      <span class="faint">
        , <TimeAgo at={last.at} />
      </span>
    </a>
  )
