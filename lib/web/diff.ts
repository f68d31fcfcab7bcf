/** What differs between two attempts: members, and lines. Pure. */

export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
}

/** The shortest edit from one list of lines to the other. Both should be short: it takes their product. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  // common[i][j]: how many lines the ends from i and from j have in common, in order.
  const common = Array.from({ length: before.length + 1 }, () => Array.from({ length: after.length + 1 }, () => 0))
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--) {
      const row = common[i]
      if (row) row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  const lines: DiffLine[] = []
  let i = 0
  let j = 0
  while (i < before.length || j < after.length) {
    const [old, young] = [before[i], after[j]]
    if (old !== undefined && old === young) {
      lines.push({ kind: 'same', text: old })
      i++
      j++
    } else if (old !== undefined && (young === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'removed', text: old })
      i++
    } else {
      lines.push({ kind: 'added', text: young ?? '' })
      j++
    }
  }
  return lines
}

/** The members whose values differ, as texts; empty where there is none. */
export function differingMembers(before: object, after: object): [member: string, before: string, after: string][] {
  const [old, young] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  const text = (value: unknown): string =>
    value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
  return [...new Set([...old.keys(), ...young.keys()])].flatMap((member) => {
    const [one, other] = [text(old.get(member)), text(young.get(member))]
    return one === other ? [] : [[member, one, other] as [string, string, string]]
  })
}
