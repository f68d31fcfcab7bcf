/** The sign-in page: asks for the token of `queuectl web`. */
import { useState } from 'preact/hooks'
import { post, type Problem } from '../api.ts'
import type { Session } from '../api-types.ts'
import { ProblemNotice } from '../components/problem-notice.tsx'

export function SignInPage({ onDone }: { readonly onDone: (session: Session) => void }) {
  const [token, setToken] = useState('')
  const [problem, setProblem] = useState<Problem>()
  return (
    <main class="sign-in">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault()
          post<Session>('/session', { token }).then(onDone, setProblem)
        }}
      >
        <div class="brand">
          <img src="/icon.svg" alt="" />
          <h1>queuectl</h1>
        </div>
        <ProblemNotice problem={problem} />
        <label class="asked">
          <span class="name">Token</span>
          <input
            class="field"
            type="password"
            autofocus
            autocomplete="current-password"
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
          <span class="hint">The token passed to queuectl web --token</span>
        </label>
        <button class="button main">Sign in</button>
      </form>
    </main>
  )
}
