/** The time zone of the times on the pages: that of the browser, UTC, or that of the server. */
import { useMemo } from 'preact/hooks'
import { setTimeZone } from './format.ts'
import { oneOf, usePref } from './prefs.ts'

export const ZONES = ['local', 'UTC', 'server'] as const
export type Zone = (typeof ZONES)[number]

/** The chosen zone; a component that uses this is drawn again when another is chosen. */
export function useZone(ofServer: string | undefined): [Zone, (zone: Zone) => void] {
  const [zone, choose] = usePref<Zone>('zone', oneOf(ZONES))
  // Before anything below is drawn.
  useMemo(() => setTimeZone(zone === 'server' ? ofServer : zone === 'UTC' ? 'UTC' : undefined), [zone, ofServer])
  return [zone, choose]
}
