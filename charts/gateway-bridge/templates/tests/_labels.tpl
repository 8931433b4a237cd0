{{/* What tells the pods of `helm test` from the gateway's; takes the root. */}}
{{- define "gateway-bridge.testLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{- end }}
