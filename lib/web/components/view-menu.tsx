/** The menu of the list: its columns, the height of its rows, and the views that were saved under a name. */
import { useRef } from 'preact/hooks'
import { type Column, COLUMNS, openView, useLook, useViews } from '../views.ts'
import { Icon } from './icons.tsx'
import { COLUMN_LABELS } from './job-columns.tsx'
import { Menu } from './menu.tsx'

export function ViewMenu({ url }: { readonly url: string }) {
  const [look, setLook] = useLook()
  const [views, setViews] = useViews()
  const name = useRef<HTMLInputElement>(null)
  const toggle = (column: Column): void =>
    setLook({
      ...look,
      columns: COLUMNS.filter((one) => (one === column) !== look.columns.includes(one)),
    })
  const save = (event: Event): void => {
    event.preventDefault()
    const text = name.current?.value.trim() ?? ''
    if (text === '' || !name.current) return
    setViews([...views.filter((view) => view.name !== text), { name: text, url, ...look }])
    name.current.value = ''
  }
  return (
    <Menu label="View">
      <fieldset>
        <legend>Columns</legend>
        {COLUMNS.map((one) => (
          <label key={one}>
            <input type="checkbox" checked={look.columns.includes(one)} onChange={() => toggle(one)} />{' '}
            {COLUMN_LABELS[one]}
          </label>
        ))}
      </fieldset>
      <label>
        <input
          type="checkbox"
          checked={look.isCompact}
          onChange={() => setLook({ ...look, isCompact: !look.isCompact })}
        />{' '}
        Compact rows
      </label>
      <fieldset>
        <legend>Saved views</legend>
        {views.map((view) => (
          <span key={view.name} class="menu-row">
            <button type="button" class="linklike cut" onClick={() => openView(view)}>
              {view.name}
            </button>
            <button
              type="button"
              class="button plain small only-icon"
              aria-label={`Forget the view ${view.name}`}
              onClick={() => setViews(views.filter((one) => one !== view))}
            >
              <Icon name="close" size={12} />
            </button>
          </span>
        ))}
        <form class="menu-row" onSubmit={save}>
          <input ref={name} class="field" aria-label="Name of this view" placeholder="Name" maxLength={60} required />
          <button class="button">Save</button>
        </form>
      </fieldset>
    </Menu>
  )
}
