{{/* What is wrong with the values beyond what values.schema.json can say: one line for each problem, nothing where there is none. */}}
{{- define "gateway-bridge.problems" -}}
{{- include "gateway-bridge.movedValues" . | default (include "gateway-bridge.releaseProblems" .) -}}
{{- end }}

{{- define "gateway-bridge.releaseProblems" -}}
{{- range $name, $agent := include "gateway-bridge.agents" . | fromYaml -}}
{{- include "gateway-bridge.agentProblems" (dict "root" $ "name" $name "agent" $agent) -}}
{{- end -}}
{{- range $label, $_ := include "gateway-bridge.selectorLabels" . | fromYaml -}}
{{- if hasKey $.Values.commonLabels $label }}
commonLabels: {{ $label }} belongs to the selectors and cannot be set.
{{- end -}}
{{- end -}}
{{- if and .Values.podMonitor.enabled .Values.serviceMonitor.enabled }}
podMonitor and serviceMonitor: enable one of them, or every series is there twice.
{{- end -}}
{{- end }}

{{/* Values of the charts that this one replaces. */}}
{{- define "gateway-bridge.movedValues" -}}
{{- $moved := .Files.Get "moved.yaml" | fromYaml -}}
{{- range $path, $words := $moved.release -}}
{{- if hasKey $.Values $path }}
{{ $path }}: {{ $words }}
{{- end -}}
{{- end -}}
{{- $entries := dict "defaults" .Values.defaults -}}
{{- range $name, $entry := .Values.agents -}}
{{- $_ := set $entries (printf "agents.%s" $name) ($entry | default dict) -}}
{{- end -}}
{{- range $place, $entry := $entries -}}
{{- range $path, $words := $moved.agent -}}
{{- $steps := splitList "." $path -}}
{{- $parent := $entry -}}
{{- range initial $steps }}{{ $parent = get $parent . | default dict }}{{ end -}}
{{- if hasKey $parent (last $steps) }}
{{ $place }}.{{ $path }}: {{ $words }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Takes {root, name, agent}. */}}
{{- define "gateway-bridge.agentProblems" -}}
{{- $place := printf "agents.%s" .name -}}
{{- $agent := .agent -}}
{{- $root := .root -}}
{{- if not $agent.workerUrl }}
{{ $place }}.workerUrl: expected the Worker's address, such as https://rig-edge.example.workers.dev; defaults.workerUrl says it for all agents.
{{- end -}}
{{- if $agent.existingSecret -}}
{{- if or $agent.discord.botToken $agent.bridgeSecret }}
{{ $place }}.existingSecret: expected either this, or discord.botToken and bridgeSecret.
{{- end -}}
{{- else -}}
{{- if not (and $agent.discord.botToken $agent.bridgeSecret) }}
{{ $place }}.existingSecret: expected the name of a Secret with the keys discord-bot-token and bridge-secret, or else both discord.botToken and bridgeSecret.
{{- end -}}
{{- end -}}
{{- if $agent.shards -}}
{{- $parts := splitList "/" $agent.shards -}}
{{- range splitList "," (first $parts) -}}
{{- if ge (int .) (last $parts | int) }}
{{ $place }}.shards: expected indexes below the number of shards, found {{ $agent.shards | quote }}.
{{- end -}}
{{- end -}}
{{- end -}}
{{- $homes := dict "RIG_AGENT" "agentId" "RIG_WORKER_URL" "workerUrl" "RIG_SHARDS" "shards" "RIG_LOG_LEVEL" "logLevel" "DISCORD_API_BASE_URL" "discord.apiBaseUrl" "DISCORD_BOT_TOKEN" "discord.botToken or existingSecret" "BRIDGE_SECRET" "bridgeSecret or existingSecret" -}}
{{- range $field := list "env" "secretEnv" -}}
{{- range $variable, $_ := get $agent $field -}}
{{- with get $homes $variable }}
{{ $place }}.{{ $field }}.{{ $variable }}: is {{ . }} of the same entry.
{{- end -}}
{{- if has $variable (list "PORT" "RIG_GATEWAY_ID") }}
{{ $place }}.{{ $field }}.{{ $variable }}: cannot be set; each pod has its own name, and the port is 8080.
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $variable, $_ := $agent.secretEnv -}}
{{- if hasKey $agent.env $variable }}
{{ $place }}.env.{{ $variable }}: is in secretEnv too; expected in one of them.
{{- end -}}
{{- end -}}
{{- range $label, $_ := include "gateway-bridge.agentSelectorLabels" (dict "root" $root "name" .name) | fromYaml -}}
{{- if hasKey $agent.podLabels $label }}
{{ $place }}.podLabels: {{ $label }} belongs to the selector and cannot be set.
{{- end -}}
{{- end -}}
{{- if and $root.Values.networkPolicy.enabled (not $root.Values.networkPolicy.extraEgress) -}}
{{- range $field, $address := dict "workerUrl" $agent.workerUrl "discord.apiBaseUrl" $agent.discord.apiBaseUrl -}}
{{- if not (regexMatch "^(https://[^/:]+|https?://[^/:]+:443)?(/|$)" $address) }}
{{ $place }}.{{ $field }}: {{ $address }} is not at port 443, which is all that the NetworkPolicy lets out; allow its port with networkPolicy.extraEgress.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
