{{/* The beginning of every name: the release's, with the chart's behind it where it is not in it. */}}
{{- define "gateway-bridge.fullname" -}}
{{- $default := .Release.Name -}}
{{- if not (contains .Chart.Name .Release.Name) }}{{ $default = printf "%s-%s" .Release.Name .Chart.Name }}{{ end -}}
{{- include "gateway-bridge.shortened" (.Values.fullnameOverride | default $default | replace "." "-") -}}
{{- end }}

{{/*
The name of an agent's objects; takes {root, name}. At most 52 characters: a pod's hostname has 63, and pods and tests add
up to 11 and 5.
*/}}
{{- define "gateway-bridge.agentName" -}}
{{- include "gateway-bridge.shortened" (printf "%s-%s" (include "gateway-bridge.fullname" .root) .name) -}}
{{- end }}

{{/* A name as it is, or its beginning and a hash of the whole of it. */}}
{{- define "gateway-bridge.shortened" -}}
{{- if le (len .) 52 }}{{ . }}{{ else }}{{ printf "%s-%s" (. | trunc 43 | trimSuffix "-") (. | sha256sum | trunc 8) }}{{ end -}}
{{- end }}

{{- define "gateway-bridge.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "gateway-bridge.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end }}

{{/* What tells the gateway's pods from all others. It must never change: a Deployment's selector cannot. */}}
{{- define "gateway-bridge.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end }}

{{/* The same for the pods of one agent; takes {root, name}. */}}
{{- define "gateway-bridge.agentSelectorLabels" -}}
{{ include "gateway-bridge.selectorLabels" .root }}
rig-edge/agent: {{ .name }}
{{- end }}

{{/* Labels of objects. Pods have no version among theirs, so a new chart alone rolls nothing. */}}
{{- define "gateway-bridge.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "gateway-bridge.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Takes {root, name}. */}}
{{- define "gateway-bridge.agentLabels" -}}
{{ include "gateway-bridge.labels" .root }}
rig-edge/agent: {{ .name }}
{{- end }}
