#!/bin/sh
# Send the playground to a Hugging Face Space: sh scripts/space.sh static|zerogpu|cpu YOU/NAME
# DRY_RUN=1 shows what would be sent, and sends nothing.
set -eu
cd "$(dirname "$0")/.."
kind=${1:-}
name=${2:-}
bin=${VENV:-.venv}/bin
case $kind in static | zerogpu | cpu) ;; *) kind= ;; esac
case $name in */*) ;; *) kind= ;; esac
if [ -z "$kind" ]; then
    echo "Say which kind and where: sh scripts/space.sh static|zerogpu|cpu YOU/NAME" >&2
    exit 2
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ "$kind" = static ]; then
    "$bin/python" -m dae site "$folder/site"
    sdk=static
    preview=page/preview.png
    set --
else
    # What the Space runs, and nothing for development; the header of README.md is its configuration.
    mkdir "$folder/site"
    cp -R app.py dae checkpoints docs README.md LICENSE "$folder/site"
    # The versions of the lock, without hashes: a Space installs packages of its own along with them, which have none.
    sed -e '/^ *--hash=/d' -e 's/ *\\$//' requirements.lock >"$folder/site/requirements.txt"
    find "$folder/site" -name __pycache__ -type d -prune -exec rm -rf {} +
    sdk=gradio
    preview=dae/page/preview.png
    if [ "$kind" = zerogpu ]; then set -- --flavor zero-a10g; else set -- --flavor cpu-basic; fi
fi

# The card's picture has to be an address, which is known only now.
card="thumbnail: https://huggingface.co/spaces/$name/resolve/main/$preview"
awk -v card="$card" '{ print } /^header: mini$/ { print card }' "$folder/site/README.md" >"$folder/README.md"
mv "$folder/README.md" "$folder/site/README.md"

if [ "${DRY_RUN:-}" = 1 ]; then
    echo "Would make the Space $name ($sdk${*:+, $*}) unless it is there, and send it:"
    sed -n '2,/^---$/p' "$folder/site/README.md"
    (cd "$folder/site" && find . -type f -exec ls -l {} + | awk '{ total += $5; print $5, $NF } END { print total, "bytes in", NR, "files" }')
    exit 0
fi
"$bin/hf" repos create "$name" --type space --space-sdk "$sdk" --exist-ok "$@"
"$bin/hf" upload "$name" "$folder/site" . --type space
