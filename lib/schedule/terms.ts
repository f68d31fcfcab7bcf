/** What a schedule does about times that it cannot simply fire. Pure. */

/** What becomes of occurrences while no worker was there. */
export const MISSED = ['once', 'skip', 'all'] as const
/** What becomes of an occurrence while the job of the one before is not finished. */
export const OVERLAP = ['skip', 'queue', 'allow', 'replace'] as const
