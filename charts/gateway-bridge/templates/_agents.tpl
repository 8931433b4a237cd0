{{/* The enabled agents by name, each with the defaults filled in, as YAML. */}}
{{- define "gateway-bridge.agents" -}}
{{- $agents := dict -}}
{{- range $name, $entry := .Values.agents -}}
{{- if $entry -}}
{{- $agent := mergeOverwrite (deepCopy $.Values.defaults) (deepCopy $entry) -}}
{{- include "gateway-bridge.removeNulls" $agent -}}
{{- if $agent.enabled }}{{ $_ := set $agents $name $agent }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toYaml $agents -}}
{{- end }}

{{/* Takes away from a map, at any depth, what an entry sets to null: as Helm does with the chart's own values. */}}
{{- define "gateway-bridge.removeNulls" -}}
{{- $map := . -}}
{{- range $key, $value := . -}}
{{- if kindIs "invalid" $value }}{{ $_ := unset $map $key }}{{ end -}}
{{- if kindIs "map" $value }}{{ include "gateway-bridge.removeNulls" $value }}{{ end -}}
{{- end -}}
{{- end }}

{{/* What an agent's ConfigMap holds; takes {name, agent}. */}}
{{- define "gateway-bridge.config" -}}
{{- $config := dict "RIG_AGENT" (.agent.agentId | default .name) "RIG_WORKER_URL" .agent.workerUrl "RIG_LOG_LEVEL" .agent.logLevel -}}
{{- with .agent.shards }}{{ $_ := set $config "RIG_SHARDS" . }}{{ end -}}
{{- with .agent.discord.apiBaseUrl }}{{ $_ := set $config "DISCORD_API_BASE_URL" . }}{{ end -}}
{{- toYaml (merge $config .agent.env) -}}
{{- end }}

{{/* What an agent's Secret holds; empty where everything is in the existing one. Takes {agent}. */}}
{{- define "gateway-bridge.secrets" -}}
{{- $secrets := deepCopy .agent.secretEnv -}}
{{- if not .agent.existingSecret -}}
{{- $_ := set $secrets "discord-bot-token" .agent.discord.botToken -}}
{{- $_ := set $secrets "bridge-secret" .agent.bridgeSecret -}}
{{- end -}}
{{- with $secrets }}{{ toYaml . }}{{ end -}}
{{- end }}

{{/* An agent's image; takes {root, agent}. */}}
{{- define "gateway-bridge.image" -}}
{{- with .agent.image -}}
{{ .repository }}:{{ .tag | default $.root.Chart.AppVersion }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end }}

{{/* Pods of the `restricted` Pod Security Standard. */}}
{{- define "gateway-bridge.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "gateway-bridge.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* An agent's topology spread constraints as a YAML list, which count the agent's own pods where they do not say whose; takes {root, name, agent}. */}}
{{- define "gateway-bridge.topologySpreadConstraints" -}}
{{- $labels := include "gateway-bridge.agentSelectorLabels" . | fromYaml -}}
{{- $own := dict "labelSelector" (dict "matchLabels" $labels) "matchLabelKeys" (list "pod-template-hash") -}}
{{- $constraints := list -}}
{{- range .agent.topologySpreadConstraints -}}
{{- $constraints = append $constraints (ternary . (merge (deepCopy .) $own) (hasKey . "labelSelector")) -}}
{{- end -}}
{{- toYaml $constraints -}}
{{- end }}
