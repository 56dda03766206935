import type { IntegrationBody } from '@/shared/api/client'
import { At } from '@/shared/ui/age'
import { Area, Check, Field } from '@/shared/ui/field'

interface Draft {
  alertmanager: string
  login: string
  ca: string
  silence: boolean
}

/** Where the Alertmanagers are read that send, and how that went. */
export function ReadThere({ integration: i, alertmanager, login, ca, silence, edit }: Draft & { integration: IntegrationBody; edit: (change: Partial<Draft>) => void }) {
  return (
    <>
      <Field
        label="Read Alertmanager at"
        name="alertmanager"
        hint="Addresses like http://alertmanager:9093, all peers of a cluster; silences there then page nobody, and what is gone there is over"
        value={alertmanager}
        onChange={(e) => edit({ alertmanager: e.target.value })}
      />
      {i.alertmanager_error === undefined ? null : (
        <p role="status" className="text-sm font-medium text-error">
          It cannot be read: {i.alertmanager_error}
        </p>
      )}
      {i.alertmanager_read_at === null ? null : (
        <p className="text-xs text-muted">
          Last read <At time={i.alertmanager_read_at} />
        </p>
      )}
      {alertmanager === '' ? null : (
        <>
          <Field
            label="Login there"
            name="alertmanager_login"
            type="password"
            hint={i.has_alertmanager_login ? 'There is one; empty: it stays' : 'user:password, or a bearer token; empty: none'}
            value={login}
            onChange={(e) => edit({ login: e.target.value })}
          />
          <Area label="Certificate of your own authority (PEM)" name="alertmanager_ca" value={ca} onChange={(e) => edit({ ca: e.target.value })} />
          <Check label="Silence there what is acknowledged" hint="Until it is over, or nobody’s any more" checked={silence} onChange={(e) => edit({ silence: e.target.checked })} />
        </>
      )}
    </>
  )
}
