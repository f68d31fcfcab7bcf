/** The settings: values, where they come from, and a dialog to change them. */
import { useState } from 'preact/hooks'
import { patch, type Problem } from '../api.ts'
import { Dialog } from '../components/dialog.tsx'
import { showToast } from '../components/toasts.tsx'
import { refreshAll, useResource } from '../refetch.ts'
import { useSession } from '../session.ts'
import type { ListOf, SettingRow, SettingValue } from '../api-types.ts'
import { ProblemNotice } from '../components/problem-notice.tsx'

const SOURCES = { default: 'default', file: 'config.json', environment: 'environment' }

/** The name of the setting on the command line. */
const optionName = ({ key }: SettingRow): string => key.replaceAll('_', '-')

export function ConfigPage() {
  const { isReadOnly, home } = useSession()
  const { data, problem } = useResource<ListOf<SettingRow>>('/config', ['stats'])
  const [edited, setEdited] = useState<SettingRow>()
  return (
    <>
      <header class="page-head">
        <h1>Config</h1>
        {home && <span class="hint cut">{home}/config.json</span>}
      </header>
      <ProblemNotice problem={problem} />
      <div class="card">
        <table class="table settings" role="table">
          <thead role="rowgroup">
            <tr role="row">
              <th role="columnheader">Setting</th>
              <th role="columnheader">Value</th>
              <th role="columnheader">Source</th>
              <th role="columnheader" class="c-default">
                Default
              </th>
              {!isReadOnly && (
                <th role="columnheader">
                  <span class="unseen">Actions</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {data?.items.map((setting) => (
              <tr key={setting.key} role="row">
                <td role="cell">
                  <span class="name">{optionName(setting)}</span>
                  <span class="meaning soft">
                    <Meaning text={setting.meaning} />
                  </span>
                </td>
                <td role="cell" class="mono">
                  {setting.value === '' ? <span class="faint">none</span> : String(setting.value)}
                </td>
                <td role="cell">
                  <span class={setting.source === 'default' ? 'faint' : 'tag'}>{SOURCES[setting.source]}</span>
                </td>
                <td role="cell" class="mono faint c-default">
                  {setting.default === '' ? 'none' : String(setting.default)}
                </td>
                {!isReadOnly && (
                  <td role="cell" class="right">
                    <button
                      type="button"
                      class="button plain small"
                      aria-label={`Change ${optionName(setting)}`}
                      onClick={() => setEdited(setting)}
                    >
                      Change
                    </button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {edited && <SettingDialog setting={edited} onClose={() => setEdited(undefined)} />}
    </>
  )
}

/** Renders text in backticks as code. */
const Meaning = ({ text }: { readonly text: string }) => (
  <>{text.split('`').map((part, index) => (index % 2 === 1 ? <code key={part}>{part}</code> : part))}</>
)

/** The typed text as a value of the type of the default. */
function valueOf(text: string, like: SettingValue): SettingValue {
  if (typeof like === 'boolean') return text === 'true'
  return typeof like === 'number' && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

function SettingDialog({ setting, onClose }: { readonly setting: SettingRow; readonly onClose: () => void }) {
  const [text, setText] = useState(String(setting.value))
  const [problem, setProblem] = useState<Problem>()
  const save = (value: SettingValue | null): void => {
    patch('/config', { [setting.key]: value }).then(() => {
      showToast(`${optionName(setting)} ${value === null ? 'reset' : 'set'} to ${value ?? setting.default}`)
      refreshAll()
      onClose()
    }, setProblem)
  }
  return (
    <Dialog title={optionName(setting)} isLittle onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save(valueOf(text, setting.default))
        }}
      >
        <div class="dialog-body">
          <ProblemNotice problem={problem} />
          <label class="asked">
            <span>
              <Meaning text={setting.meaning} />
            </span>
            <input class="field" autofocus value={text} onInput={(event) => setText(event.currentTarget.value)} />
            <span class="hint">{setting.expected}</span>
          </label>
        </div>
        <div class="dialog-foot">
          {setting.source === 'file' && (
            <button type="button" class="button plain" onClick={() => save(null)}>
              Reset to {setting.default === '' ? 'none' : String(setting.default)}
            </button>
          )}
          <span class="hint" />
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button class="button main">Save</button>
        </div>
      </form>
    </Dialog>
  )
}
