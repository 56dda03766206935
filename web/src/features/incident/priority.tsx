import { SendButton } from '@/shared/ui/button'
import { Answers, useAnswer, type Props } from './answer'
import { priorities } from './can'

/** How much it matters, as people say. */
export function Priority(p: Props) {
  const { sending, answer, refused } = useAnswer(p)
  const now = p.question.incidents.every((i) => i.priority === p.question.incidents[0]?.priority) ? p.question.incidents[0]?.priority : undefined
  return (
    <>
      <p>It is shown and can be filtered by. Who is paged does not change.</p>
      <Answers refused={refused}>
        {[...priorities, '' as const].map((c) => (
          <SendButton key={c} kept look={c === now ? 'primary' : 'plain'} aria-pressed={c === now} sending={sending} onClick={() => answer({ do: 'set-priority', priority: c })}>
            {c === '' ? 'None' : c}
          </SendButton>
        ))}
      </Answers>
    </>
  )
}
