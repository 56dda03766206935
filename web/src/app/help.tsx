import { hotkeys } from '@/shared/lib/hotkeys'
import { useStored } from '@/shared/lib/stored'

/** All that can be pressed on this page. */
export function Keys() {
  const [on, set] = useStored('keys', true)
  return (
    <>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        {hotkeys().map((h) => (
          <div key={h.keys} className="contents">
            <dt>
              {h.keys.split(' ').map((k) => (
                <kbd key={k} className="mr-1 rounded border border-line bg-surface px-1.5 font-mono text-sm">
                  {k.replace('Mod+', 'Ctrl/⌘ ')}
                </kbd>
              ))}
            </dt>
            <dd>{h.does}</dd>
          </div>
        ))}
        <div className="contents">
          <dt>
            <kbd className="rounded border border-line bg-surface px-1.5 font-mono text-sm">Enter</kbd>
          </dt>
          <dd>Open the incident in its place</dd>
        </div>
      </dl>
      <label className="mt-4 flex min-h-12 items-center gap-2 lg:min-h-9">
        <input type="checkbox" checked={on} onChange={(e) => set(e.target.checked)} className="size-4" />
        Single keys do something
      </label>
    </>
  )
}
