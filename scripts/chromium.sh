#!/bin/sh
# The tests drive the Chromium of the system, and screenshots need a Chinese font: install both where apt-get can.
set -eu
wanted=
command -v chromium >/dev/null || wanted=chromium
[ -n "$(fc-list :lang=zh 2>/dev/null)" ] || wanted="$wanted fonts-wqy-microhei"
[ -n "$wanted" ] || exit 0

say() { printf '%s\n' "$*" >&2; }

if [ "$(id -u)" = 0 ]; then as_root=; else as_root="sudo -n"; fi
if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
    say "Installing with apt-get: $wanted"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # words, not one name
    { $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends $wanted; } >/dev/null ||
        say "apt-get failed, see above."
fi
if ! command -v chromium >/dev/null; then
    say "There is no chromium on the path and apt-get cannot install it here: the tests in a browser will not run."
    [ "${CI:-}" != true ] || exit 1
fi
