import { useQuery } from '@tanstack/react-query'

import { channelKindsQuery } from '@/shared/api/directory'

/** Which answers come in where nothing can reach the server from outside, and which do not. */
export function WaysIn() {
  const { data: kinds } = useQuery(channelKindsQuery)
  if (kinds === undefined) return null
  const by = (how: 'asked' | 'called') => kinds.filter((k) => k.sendable && k.answers === how).map((k) => k.label)
  const [asked, called] = [by('asked'), by('called')]
  return (
    <section aria-label="Where nothing can reach the server" className="mt-2 text-muted">
      <p>If the phone does not reach it, links in pages do not open there. {asked.length > 0 ? 'Answers come in all the same by:' : 'No answer comes in by another way yet: Slack in Socket Mode, Telegram and replies to Twilio’s SMS would, for the server asks for those itself.'}</p>
      {asked.length > 0 ? <p className="font-medium text-text">{asked.join(', ')}</p> : null}
      {called.length > 0 ? <p>Not by {called.join(', ')}: there the provider must reach the address.</p> : null}
    </section>
  )
}
