#!/bin/sh
# The checks of the page's code run in Node, which comes from PyPI into $VENV; what they need goes into node_modules.
# Does nothing when package-lock.json is as it was at the last install.
set -eu
cd "$(dirname "$0")/.."
PATH=$(cd "${VENV:-.venv}/bin" && pwd):$PATH
export PATH
stamp=node_modules/.installed-package-lock.json
if cmp -s package-lock.json "$stamp"; then exit 0; fi
printf 'Installing the page'"'"'s checks into node_modules.\n' >&2
npm ci --silent --no-audit --no-fund
cp package-lock.json "$stamp"
