#!/usr/bin/env bash
# Builds the browser console from console/ into src/locum/console/built. `make setup` calls it when a source is newer.
# Without node and npm it says so and Locum works without a console; with them a build that fails is a failure.
# --needed: fail without them too, for packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../console"

lacking() {
    echo "The console isn't built: it needs node 20.19 or newer and npm, and $1. Locum works without it." >&2
    [ "${1-}" ] && [ "${needed-}" ] && exit 1
    exit 0
}

[ "${1-}" = --needed ] && needed=yes
command -v node >/dev/null || lacking "there is no node"
command -v npm >/dev/null || lacking "there is no npm"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    lacking "node here is $(node --version)"

if [ package-lock.json -nt node_modules/.package-lock.json ]; then
    echo "Fetching the console's packages …"
    npm ci --no-audit --no-fund --loglevel=error
    touch node_modules/.package-lock.json
fi
npm run --silent build
touch ../src/locum/console/built/index.html
