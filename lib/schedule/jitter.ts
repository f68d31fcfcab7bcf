/** Puts occurrences off by chance that is the same for everybody who looks. Pure. */

/** How much later (ms) the job of this occurrence is made: up to `most`, by its schedule's name and its time. */
export function jitterOf(name: string, at: number, most: number): number {
  if (most === 0) return 0
  // FNV-1a: spreads names and times that differ little.
  let hash = 0x811c9dc5
  for (const char of `${name} ${at}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return Math.floor((hash / 2 ** 32) * most)
}
