/** The error of a request, with its hint. */
import type { Problem } from '../api.ts'

export const ProblemNotice = ({ problem }: { readonly problem: Problem | undefined }) =>
  problem ? (
    <div class="notice" role="alert">
      <span>
        {problem.message}
        {problem.hint && `; ${problem.hint}`}
      </span>
    </div>
  ) : null
