import { useQuery } from '@tanstack/react-query'

import { TestMessage } from '@/features/directory/test-message'
import { useSaved } from '@/features/directory/use-saved'
import { addDevice, showPushKey, type UserBody } from '@/shared/api/client'
import { useStored } from '@/shared/lib/stored'
import { useSend } from '@/shared/lib/use-send'
import { SendButton } from '@/shared/ui/button'

/** Why this browser cannot show notifications; undefined where it can. */
function cannot(): string | undefined {
  if (!window.isSecureContext) return 'Browsers show notifications of pages that are served over https only.'
  if (!('serviceWorker' in navigator)) return 'This browser cannot show notifications.'
  if (!('PushManager' in window) || !('Notification' in window)) return 'This browser shows notifications only where Rouse is installed: on an iPhone, share this page and choose “Add to Home Screen”, then open it from there.'
  if (Notification.permission === 'denied') return 'Notifications of this page are blocked: allow them in the browser’s settings of this site, then reload.'
  return undefined
}

/** What people call the browser that they are looking at. */
export function deviceName(agent: string): string {
  const browser = /Edg/.test(agent) ? 'Edge' : /Firefox|FxiOS/.test(agent) ? 'Firefox' : /Chrome|CriOS/.test(agent) ? 'Chrome' : /Safari/.test(agent) ? 'Safari' : 'Browser'
  const on = /iPhone/.test(agent) ? 'iPhone' : /iPad/.test(agent) ? 'iPad' : /Android/.test(agent) ? 'Android' : /Windows/.test(agent) ? 'Windows' : /Mac OS/.test(agent) ? 'Mac' : /Linux/.test(agent) ? 'Linux' : ''
  return on === '' ? browser : `${browser} on ${on}`
}

async function subscribe(replaces: string) {
  if ((await Notification.requestPermission()) !== 'granted') throw new Error('you have not allowed it')
  const { key } = (await showPushKey()).data
  const worker = await navigator.serviceWorker.ready
  const old = await worker.pushManager.getSubscription()
  // With the key of another installation it would never hear of this one.
  if (old !== null && base64url(old.options.applicationServerKey) !== key) await old.unsubscribe()
  const sub = (await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON()
  const subscription = { endpoint: sub.endpoint ?? '', keys: { auth: sub.keys?.auth ?? '', p256dh: sub.keys?.p256dh ?? '' } }
  return (await addDevice({ body: { name: deviceName(navigator.userAgent), subscription, ...(replaces === '' ? {} : { replaces }) } })).data
}

const base64url = (b: ArrayBuffer | null) => (b === null ? '' : btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, ''))

/** Makes the browser that this is read in one of its person's contacts. */
export function ThisDevice({ user: u }: { user: UserBody }) {
  const saved = useSaved()
  const [id, keep] = useStored<string>('device', '')
  const contact = (u.contacts ?? []).find((c) => c.id === id && c.kind === 'push')
  const on = useQuery({
    queryKey: ['subscribed', id],
    queryFn: async () => ((await (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription()) ?? null) !== null,
    enabled: contact !== undefined && cannot() === undefined,
  })
  const turnOn = useSend({
    mutationFn: () => subscribe(id),
    onSuccess: async (c) => {
      keep(c.id)
      await saved(`Notifications come to this device: ${c.name}`)
    },
  })
  const why = cannot()
  if (why !== undefined) return <p className="text-muted">{why}</p>
  const works = contact !== undefined && contact.stopped !== true && on.data === true
  return (
    <>
      <p className="mb-2">
        {works ? (
          <>
            Notifications come here, as <bdi className="font-medium">{contact.name}</bdi>. Acknowledge from the notification, without opening anything.
          </>
        ) : (
          'Pages come as notifications, also when Rouse is not open, and can be acknowledged there.'
        )}{' '}
        A browser can lose them without a word: have another way in your rules.
      </p>
      <div className="flex flex-wrap items-center gap-2">
        <SendButton look={works ? 'plain' : 'primary'} sending={turnOn.isPending} onClick={() => turnOn.mutate()}>
          {works ? 'Turn them on again' : 'Notify me on this device'}
        </SendButton>
        {works ? <TestMessage to={{ contact: contact.id, unverified: false }} name={contact.name} why={undefined} /> : null}
      </div>
      {turnOn.error === null ? null : (
        <p role="alert" className="mt-2 font-medium text-error">
          NOT turned on: {turnOn.error.message}
        </p>
      )}
    </>
  )
}
