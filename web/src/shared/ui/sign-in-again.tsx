import { Problem } from '@/shared/api/problem'

/** Where a session has ended: the way to another one, by which what was typed here stays. */
export function SignInAgain({ after }: { after: Error | null }) {
  if (!(after instanceof Problem) || after.status !== 401) return null
  return (
    <a href="/sign-in" target="_blank" rel="noreferrer" className="inline-block py-1 font-medium text-text underline">
      Sign in in another tab
    </a>
  )
}
