/** A row of buttons of which one is chosen. */
interface ChoiceGroupProps<T extends string> {
  readonly label: string
  readonly of: readonly T[]
  readonly chosen: T
  readonly onChoose: (one: T) => void
}

export const ChoiceGroup = <T extends string>({ label, of, chosen, onChoose }: ChoiceGroupProps<T>) => (
  <div class="choices" role="group" aria-label={label}>
    {of.map((one) => (
      <button key={one} type="button" aria-pressed={one === chosen} onClick={() => onChoose(one)}>
        {one}
      </button>
    ))}
  </div>
)
