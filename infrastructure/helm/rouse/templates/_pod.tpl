{{- define "rouse.user" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "rouse.rights" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* A container's variables: the Secret's, those of the values, and more. */}}
{{- define "rouse.variables" -}}
{{- $root := index . 0 }}
{{- with include "rouse.secret" $root }}
envFrom:
  - secretRef: {name: {{ . }}}
{{- end }}
{{- with merge (dict) $root.Values.env (index . 1) }}
env:
  {{- range $name, $value := . }}
  - {name: {{ $name }}, value: {{ $value | quote }}}
  {{- end }}
{{- end }}
{{- end }}

{{/* The pod of a server, the same on SQLite and PostgreSQL but for the volume. */}}
{{- define "rouse.pod" -}}
metadata:
  labels:
    {{- include "rouse.labels" . | nindent 4 }}
    {{- if .Values.serviceAccount.azureClientId }}
    azure.workload.identity/use: "true"
    {{- end }}
  annotations:
    # Other settings are another pod. A Secret that the chart does not write is not seen: kubectl rollout restart.
    checksum/settings: {{ list .Values.settings .Values.backup .Values.config .Values.secrets.values .Values.ingress.host | toJson | sha256sum }}
    {{- with .Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "rouse.name" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  # preStop's 10 s, the 20 s in which the server finishes or gives back what is on its way, and a little.
  terminationGracePeriodSeconds: 40
  securityContext: {{- include "rouse.user" . | nindent 4 }}
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if eq .Values.database.kind "postgres" }}
  topologySpreadConstraints:
    {{- range .Values.spread }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "rouse.selector" $ | nindent 10 }}
      matchLabelKeys: [pod-template-hash]
    {{- end }}
  {{- end }}
  containers:
    - name: rouse
      image: {{ include "rouse.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve, --config=/etc/rouse/settings.yaml]
      {{- include "rouse.variables" (list . (eq .Values.database.kind "sqlite" | ternary (dict "ROUSE_DATABASE_URL" "sqlite:/data/rouse.db") dict)) | trim | nindent 6 }}
      ports:
        - {name: http, containerPort: 8080}
      securityContext: {{- include "rouse.rights" . | nindent 8 }}
      # Bringing the tables of a large database up to date happens before the server listens.
      startupProbe:
        httpGet: {path: /health, port: http}
        periodSeconds: 5
        failureThreshold: 240
      # It looks at nothing but the process: a database that is away must not get servers restarted.
      livenessProbe:
        httpGet: {path: /health, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 3
      # Its own limit is 3 s.
      readinessProbe:
        httpGet: {path: /ready, port: http}
        periodSeconds: 5
        timeoutSeconds: 4
        failureThreshold: 2
      lifecycle:
        # Balancers go on to send for some seconds after a pod was told to end, and it no longer listens then.
        preStop: {sleep: {seconds: 10}}
      resources: {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - {name: settings, mountPath: /etc/rouse, readOnly: true}
        - {name: tmp, mountPath: /tmp}
        {{- if and .Values.backup.to (not .Values.backup.schedule) }}
        - {name: scratch, mountPath: /scratch}
        {{- end }}
        {{- if .Values.config }}
        - {name: config, mountPath: /etc/rouse-config, readOnly: true}
        {{- end }}
        {{- if eq .Values.database.kind "sqlite" }}
        - {name: data, mountPath: /data}
        {{- end }}
  volumes:
    - name: settings
      configMap: {name: {{ include "rouse.name" . }}}
    - name: tmp
      emptyDir: {sizeLimit: 1Gi}
    {{- if and .Values.backup.to (not .Values.backup.schedule) }}
    - name: scratch
      emptyDir: {sizeLimit: {{ .Values.backup.scratch }}}
    {{- end }}
    {{- if .Values.config }}
    - name: config
      configMap: {name: {{ include "rouse.name" . }}-config}
    {{- end }}
{{- end }}
