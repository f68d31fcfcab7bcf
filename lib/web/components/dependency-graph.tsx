/** A job between those that it waits for and those that wait for it, as a small graph from left to right. */
import type { JobTrees, TreeJob } from '../api-types.ts'
import { jobApiPath } from '../api.ts'
import { useResource } from '../refetch.ts'
import { jobUrl } from '../url.ts'
import { Card } from './card.tsx'

const WIDTH = 170
const HEIGHT = 30
const GAP_X = 56
const GAP_Y = 10
/** This many jobs are drawn in one column; the rest is counted. */
const MAX_ROWS = 12

interface Node {
  readonly id: string
  readonly state: string
  readonly layer: number
  row: number
}
interface Edge {
  readonly from: string
  readonly to: string
  readonly label: string
}

export function DependencyGraph({ id }: { readonly id: string }) {
  const { data } = useResource<JobTrees>(`${jobApiPath(id)}/dependencies`, ['jobs'])
  if (!data || data.parents.length + data.children.length === 0) return null
  const { nodes, edges, left, hidden } = layoutOf(data)
  const x = ({ layer }: Node): number => (layer - left) * (WIDTH + GAP_X) + 1
  const y = ({ row }: Node): number => row * (HEIGHT + GAP_Y) + 1
  const all = [...nodes.values()]
  const width = Math.max(...all.map(x)) + WIDTH + 2
  const height = Math.max(...all.map(y)) + HEIGHT + 2
  return (
    <Card title="Dependencies" aside={hidden > 0 && <span class="faint">{hidden} more are not drawn</span>}>
      <div class="graph" tabIndex={0} role="group" aria-label="What this job waits for, and what waits for it">
        <svg width={width} height={height}>
          {edges.map(({ from, to, label }) => {
            const [a, b] = [nodes.get(from), nodes.get(to)]
            if (!a || !b) return null
            const [x1, y1, x2, y2] = [x(a) + WIDTH, y(a) + HEIGHT / 2, x(b) - 2, y(b) + HEIGHT / 2]
            const middle = (x1 + x2) / 2
            return (
              <g key={`${from} ${to}`} class="edge">
                <title>{label}</title>
                <path d={`M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`} />
                <path d={`M${x2 - 5} ${y2 - 4}l5 4l-5 4`} />
              </g>
            )
          })}
          {all.map((node) => (
            <a key={node.id} href={jobUrl(node.id)} class={`node is-${node.state}${node.id === id ? ' here' : ''}`}>
              <title>
                {node.id}: {node.state}
              </title>
              <rect x={x(node)} y={y(node)} width={WIDTH} height={HEIGHT} rx={6} />
              <circle cx={x(node) + 14} cy={y(node) + HEIGHT / 2} r={4} />
              <text x={x(node) + 25} y={y(node) + HEIGHT / 2 + 4}>
                {node.id.length > 19 ? `${node.id.slice(0, 18)}…` : node.id}
              </text>
            </a>
          ))}
        </svg>
      </div>
    </Card>
  )
}

const WHEN = { success: 'when it has succeeded', any: 'when it has ended', fail: 'when it has failed' }

/** Each job once, in the column of its longest way from this one. */
function layoutOf({ id, state, parents, children }: JobTrees) {
  const layers = new Map<string, { readonly state: string; readonly layer: number }>([[id, { state, layer: 0 }]])
  const edges = new Map<string, Edge>()
  const walk = (of: string, next: readonly TreeJob[], layer: number, step: -1 | 1): void => {
    for (const one of next) {
      const known = layers.get(one.id)
      if (!known || (one.id !== id && Math.abs(known.layer) < Math.abs(layer)))
        layers.set(one.id, { state: one.state, layer })
      const [from, to] = step < 0 ? [one.id, of] : [of, one.id]
      edges.set(`${from} ${to}`, { from, to, label: `${to} runs ${WHEN[one.when]}: ${from}${one.met ? ' (met)' : ''}` })
      walk(one.id, one.next, layer + step, step)
    }
  }
  walk(id, parents, -1, -1)
  walk(id, children, 1, 1)
  const rows = new Map<number, number>()
  const nodes = new Map<string, Node>()
  let hidden = 0
  for (const [name, one] of layers) {
    const row = rows.get(one.layer) ?? 0
    if (row >= MAX_ROWS) hidden++
    else nodes.set(name, { id: name, ...one, row })
    rows.set(one.layer, row + 1)
  }
  return { nodes, edges: [...edges.values()], left: Math.min(...[...nodes.values()].map(({ layer }) => layer)), hidden }
}
