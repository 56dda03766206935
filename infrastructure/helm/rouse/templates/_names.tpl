{{- define "rouse.name" -}}
{{- if contains "rouse" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-rouse" (.Release.Name | trunc 44 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "rouse.selector" -}}
app.kubernetes.io/name: rouse
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "rouse.labels" -}}
{{ include "rouse.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "rouse.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* The Secret that holds what is secret; nothing where there is none. */}}
{{- define "rouse.secret" -}}
{{- if .Values.secrets.existing }}{{ .Values.secrets.existing }}
{{- else if or .Values.secrets.values .Values.secrets.external.variables }}{{ include "rouse.name" . }}
{{- end }}
{{- end }}

{{/* What would start and not work is refused here, in words. */}}
{{- define "rouse.check" -}}
{{- $v := .Values }}
{{- $ways := 0 }}
{{- range list $v.secrets.existing $v.secrets.values $v.secrets.external.variables }}{{ if . }}{{ $ways = add1 $ways }}{{ end }}{{ end }}
{{- if gt (int $ways) 1 }}{{ fail "secrets: give one of existing, values and external.variables" }}{{ end }}
{{- with $v.secrets.external }}
{{- if and .variables (not .store.name) (not .azure.vaultUrl) }}{{ fail "secrets.external.store.name: say which store has the variables" }}{{ end }}
{{- if and .azure.vaultUrl .store.name }}{{ fail "secrets.external: give store.name or azure.vaultUrl" }}{{ end }}
{{- if and .azure.vaultUrl (not (and .azure.tenantId $v.serviceAccount.azureClientId)) }}{{ fail "secrets.external.azure: it takes tenantId, and serviceAccount.azureClientId by whom the vault is read" }}{{ end }}
{{- end }}
{{- if and (eq $v.database.kind "postgres") (not (include "rouse.secret" .)) }}{{ fail "database.kind is postgres: ROUSE_DATABASE_URL must come from secrets.existing, secrets.values or secrets.external" }}{{ end }}
{{- if eq $v.database.kind "postgres" }}
{{- with $v.secrets.values }}{{ if not (hasPrefix "postgres" (get . "ROUSE_DATABASE_URL")) }}{{ fail "database.kind is postgres: secrets.values lacks ROUSE_DATABASE_URL, postgres://…" }}{{ end }}{{ end }}
{{- with $v.secrets.external.variables }}{{ if not (hasKey . "ROUSE_DATABASE_URL") }}{{ fail "database.kind is postgres: secrets.external.variables lacks ROUSE_DATABASE_URL" }}{{ end }}{{ end }}
{{- else if or (hasKey $v.secrets.values "ROUSE_DATABASE_URL") (hasKey $v.secrets.external.variables "ROUSE_DATABASE_URL") }}{{ fail "ROUSE_DATABASE_URL is given and database.kind is sqlite: say database.kind: postgres" }}
{{- else if $v.autoscaling.enabled }}{{ fail "autoscaling: SQLite has one server; it takes database.kind: postgres" }}
{{- end }}
{{- with $v.backup }}
{{- if and (or .schedule .verify) (not .to) }}{{ fail "backup.to: say where backups lie" }}{{ end }}
{{- if and .schedule (ne $v.database.kind "postgres") }}{{ fail "backup.schedule: a job cannot reach SQLite's volume: the server makes backups (backup.every)" }}{{ end }}
{{- end }}
{{- if and $v.ingress.enabled (not $v.ingress.host) }}{{ fail "ingress.host: say by which name people reach Rouse" }}{{ end }}
{{- with $v.ingress }}
{{- if and .intake.allow (ne .className "nginx") }}{{ fail (printf "ingress.intake.allow works with nginx, and ingress.className is %s: give Application Gateway a WAF policy (ingress.intake.wafPolicy)" .className) }}{{ end }}
{{- if and .intake.wafPolicy (ne .className "azure-application-gateway") }}{{ fail "ingress.intake.wafPolicy works with azure-application-gateway" }}{{ end }}
{{- end }}
{{- with $v.monitoring.serviceMonitor }}
{{- if and .enabled (not .token.secret) (ne (get $v.settings "metrics" | default "") "public") }}{{ fail "monitoring.serviceMonitor: Rouse shows its metrics to who has a token: give token.secret, or say settings.metrics: public" }}{{ end }}
{{- end }}
{{- end }}
