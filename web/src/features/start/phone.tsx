import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'

import { createSignInLink, wasSignInLinkUsed } from '@/shared/api/client'
import { settingsQuery } from '@/shared/api/directory'
import { serverNow } from '@/shared/lib/now'
import { useSend } from '@/shared/lib/use-send'
import { At } from '@/shared/ui/age'
import { SendButton } from '@/shared/ui/button'
import { useKept } from './progress'
import { Qr } from './qr'
import { WaysIn } from './ways-in'

/** A phone cannot reach what only this machine calls so. */
export const onlyHere = (url: string): boolean => /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?(\/|$)/.test(url)

/** Opens Rouse on the phone, signed in; that it opens proves that the phone reaches the server. */
export function Phone({ done }: { done: boolean }) {
  const { data: settings } = useQuery(settingsQuery)
  const make = useSend({ mutationFn: async () => (await createSignInLink()).data })
  const said = settings?.public_url || location.origin
  const url = onlyHere(said) ? location.origin : said // perhaps this page was opened by a better one
  const here = onlyHere(url)
  return (
    <>
      {here ? (
        <>
          <p className="font-medium text-warning">
            A phone cannot reach <bdi>{url}</bdi>: only this machine calls itself so. Two ways on:
          </p>
          <ul className="mt-2 list-inside list-disc">
            <li>Open this page by the machine’s address in your network, like http://192.168.1.20:8080. The code leads there.</li>
            <li>
              Start the server with <code>ROUSE_PUBLIC_URL</code>, the address by which people and senders reach it, and come back: what is done stays done.
            </li>
          </ul>
          <p className="mt-2 text-muted">Or skip it: pages by mail need no phone.</p>
        </>
      ) : (
        <p>
          Point your phone’s camera at the code: it opens <bdi className="font-medium">{url}</bdi> there and signs you in. If it opens, pages can be answered from it.
        </p>
      )}
      {url.startsWith('http://') && !here ? <p className="my-2 text-warning">The way there is not encrypted: whoever can listen to it can take your place. Serve Rouse over https.</p> : null}
      {done ? null : <WaysIn />}
      {make.data === undefined || done ? null : <Code link={url + make.data.path} token={make.data.path.split('token=')[1] ?? ''} ends={make.data.expires_at} />}
      {make.error === null ? null : (
        <p role="alert" className="font-medium text-error">
          NOT made: {make.error.message}
        </p>
      )}
      <SendButton look={here || done ? 'plain' : 'primary'} className="mt-2" sending={make.isPending} onClick={() => make.mutate()}>
        {make.data !== undefined ? 'Another code' : here ? 'Show the code all the same' : 'Show the code'}
      </SendButton>
    </>
  )
}

function Code({ link, token, ends }: { link: string; token: string; ends: string }) {
  const [kept, keep] = useKept()
  const { data } = useQuery({
    queryKey: ['sign-in-link', token],
    queryFn: async ({ signal }) => (await wasSignInLinkUsed({ body: { token }, signal })).data,
    refetchInterval: (q) => (q.state.data?.used === true ? false : 1000),
  })
  // What has ended counts as used there: it proves nothing.
  const used = data?.used === true && serverNow() < Date.parse(ends)
  useEffect(() => {
    if (used && kept.phone !== true) keep({ ...kept, phone: true })
  }, [used, kept, keep])
  return (
    <figure className="my-3">
      <Qr text={link} label="The code for your phone’s camera" />
      <figcaption className="text-muted">
        {data?.used === true ? 'This code has ended.' : <>It works once, until <At time={ends} />. Waiting for your phone…</>}
      </figcaption>
    </figure>
  )
}
