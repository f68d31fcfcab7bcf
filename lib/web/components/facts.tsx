/** What is known of one thing: names and values, and the command lines that show or do the same. */
import { CopyButton } from './copy-button.tsx'

/** A name, its value (undefined: not shown), and `bad` when it is one to worry about. */
export type Fact = readonly [name: string, value: string | number | undefined, kind?: 'bad']

export const Facts = ({ facts }: { readonly facts: readonly Fact[] }) => (
  <dl class="facts">
    {facts.map(
      ([name, value, kind]) =>
        value !== undefined && (
          <div key={name}>
            <dt>{name}</dt>
            <dd class={kind}>{value}</dd>
          </div>
        ),
    )}
  </dl>
)

export const CopyableLines = ({ lines }: { readonly lines: readonly string[] }) => (
  <div class="lines">
    {lines.map((line) => (
      <div key={line}>
        <code>{line}</code>
        <CopyButton text={line} what="this line" />
      </div>
    ))}
  </div>
)
