import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'

import type { Why } from '@/features/directory/can'
import { useSaved } from '@/features/directory/use-saved'
import { editIntegration, previewTransform, type IntegrationBody, type PreviewBody } from '@/shared/api/client'
import { At } from '@/shared/ui/age'
import { Area, Choice } from '@/shared/ui/field'
import { Form } from '@/shared/ui/form'
import { ofMail, ofWebhook } from './templates'

/** The expression that makes alerts of what a webhook receives, and what it makes of what came last. */
export function Transform({ integration: i, why }: { integration: IntegrationBody; why: Why }) {
  const saved = useSaved()
  const [text, set] = useState(i.transform ?? '')
  const [sample, give] = useState('')
  const mail = i.kind === 'email'
  const templates = mail ? ofMail : ofWebhook
  return (
    <div className="grid min-w-0 gap-4 lg:grid-cols-2">
      <Form
        why={why}
        send={async () => (await editIntegration({ path: { name: i.id }, body: { transform: text } })).data}
        done={(now) => void saved(`Saved ${now.name}`)}
      >
        <p className="text-muted">
          An expression over <code>body</code>, what came. It gives an alert, or a list of them, with <code>status</code> (firing or resolved), <code>labels</code>, <code>annotations</code> and, where the labels do not tell
          alerts apart, <code>fingerprint</code>.
          {mail ? (
            <>
              {' '}
              Of a mail <code>body</code> has <code>subject</code>, <code>thread</code> (the subject without Re:, Fwd: and the state before it), <code>status</code>, <code>severity</code>, <code>text</code>, <code>from</code> and{' '}
              <code>date</code>. Without an expression every mail fires, those of one thread are one alert, and people say when it is over.
            </>
          ) : null}
        </p>
        <Choice
          label="Begin with one"
          none="Choose a template"
          value=""
          options={templates.map((t) => ({ value: t.name, text: t.name }))}
          onChange={(e) => {
            const chosen = templates.find((t) => t.name === e.target.value)
            if (chosen === undefined) return
            set(chosen.transform)
            give(chosen.sample)
          }}
        />
        <Area label="Expression" name="transform" rows={10} spellCheck={false} className="font-mono" value={text} maxLength={16384} onChange={(e) => set(e.target.value)} />
        <Area label="A sample, to try it with" rows={5} spellCheck={false} className="font-mono" value={sample} maxLength={65536} onChange={(e) => give(e.target.value)} />
      </Form>
      {why === undefined ? <Previews id={i.id} text={text} sample={sample} /> : null}
    </div>
  )
}

/** What would become of what came last. It follows the writing, and saves nothing. */
function Previews({ id, text, sample }: { id: string; text: string; sample: string }) {
  const body = useDeferredValue(JSON.stringify({ transform: text, sample }))
  const { data, error } = useQuery({
    queryKey: ['preview', id, body],
    queryFn: async ({ signal }) => (await previewTransform({ path: { name: id }, body: JSON.parse(body) as { transform: string; sample: string }, signal })).data.previews ?? [],
    placeholderData: (last) => last,
    refetchInterval: 10_000,
  })
  if (error !== null) return <p role="alert">There is no preview: {error.message}</p>
  return (
    <section aria-label="Preview" aria-live="polite" className="flex min-w-0 flex-col gap-3">
      {data?.length === 0 ? <p className="text-muted">Nothing came yet: send something, or give a sample.</p> : null}
      {data?.map((p) => <Preview key={p.at ?? 'sample'} preview={p} />)}
    </section>
  )
}

function Preview({ preview: p }: { preview: PreviewBody }) {
  const problems = [...(p.problem === undefined ? [] : [p.problem]), ...(p.problems ?? [])]
  return (
    <article className="min-w-0 rounded-md border border-line p-3">
      <h3 className="font-medium">{p.at === null ? 'The sample' : <At time={p.at} />}</h3>
      <ul className="my-2">
        {(p.alerts ?? []).map((a) => (
          <li key={a.fingerprint}>
            <strong>{a.status}</strong> <bdi>{a.title}</bdi>{' '}
            <span className="text-muted">
              {a.severity} · service <bdi>{a.service === '' ? 'unsorted' : a.service}</bdi> · <bdi>{a.environment}</bdi>
            </span>
          </li>
        ))}
        {problems.map((words) => (
          <li key={words} className="whitespace-pre-wrap text-error">
            Quarantined: {words}
          </li>
        ))}
        {problems.length === 0 && p.alerts?.length === 0 ? <li className="text-muted">No alert at all</li> : null}
      </ul>
      <pre tabIndex={0} aria-label="What came" className="max-h-40 overflow-auto font-mono text-xs whitespace-pre-wrap">
        {p.payload}
      </pre>
    </article>
  )
}
