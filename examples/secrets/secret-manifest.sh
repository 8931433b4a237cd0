#!/usr/bin/env bash
# Prints the Secret of an agent's gateway. The values come from the environment and are in no argument, so that neither the
# list of processes nor the shell's history has them.
#
#   DISCORD_BOT_TOKEN=… BRIDGE_SECRET=… secret-manifest.sh dev-e-bridge --namespace agents | kubectl apply --filename -
set -euo pipefail

if [ $# -eq 0 ]; then
  echo "Usage: secret-manifest.sh <name of the Secret> [options of kubectl create secret]" >&2
  exit 2
fi
: "${DISCORD_BOT_TOKEN:?expected the token of the bot}"
: "${BRIDGE_SECRET:?expected the password that the Worker has under this name}"

printf 'discord-bot-token=%s\nbridge-secret=%s\n' "$DISCORD_BOT_TOKEN" "$BRIDGE_SECRET" |
  kubectl create secret generic "$@" --from-env-file /dev/stdin --dry-run=client --output yaml
