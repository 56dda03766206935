#!/bin/sh
# Makes the web UI's client of the API from web/openapi.json. With --check it only says whether it is what is there.
set -eu
cd "$(dirname "$0")/../web/tools"
[ -e node_modules/.package-lock.json ] || npm ci --no-audit --no-fund --loglevel=error
[ "${1:-}" = --check ] || exec npm run --silent generate

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# Beside the tools, so that they are found; what it makes goes elsewhere.
CLIENT_OUT=$out/gen npm run --silent generate >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
diff -r "$out/gen" ../src/shared/api/gen || { echo "the client is stale: run make generate and commit what it changes"; exit 1; }
