/** Lists the options of a command, from what its class tells clipanion. */
import type { Cli } from 'clipanion'

export interface OptionHelp {
  readonly names: readonly string[]
  /** The name of its value; empty for a switch. */
  readonly value: string
  readonly description: string
}

/** The options of the only registered command. */
export function optionsOf(cli: Pick<Cli<never>, 'definitions'>): OptionHelp[] {
  const [definition] = cli.definitions()
  return (definition?.options ?? []).map((option) => {
    const [names = '', arity] = option.definition.split(' ')
    const [, value = 'VALUE', text = option.description ?? ''] = /^<(.+?)> (.*)$/s.exec(option.description ?? '') ?? []
    return {
      names: names.split(',').toSorted((a, b) => a.length - b.length),
      value: arity === undefined ? '' : value,
      description: text,
    }
  })
}
