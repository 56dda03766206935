/** Labels, small, each whole. */
export function Labels({ labels }: { labels: Record<string, string> }) {
  const all = Object.entries(labels)
  if (all.length === 0) return null
  return (
    <p className="mt-1 flex flex-wrap gap-1 font-mono text-xs">
      {all.map(([k, v]) => (
        <bdi key={k} className="max-w-full rounded border border-line bg-surface px-1.5 py-0.5">
          {k}={v}
        </bdi>
      ))}
    </p>
  )
}
