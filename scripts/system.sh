#!/bin/sh
# The tests drive the Chromium of the system, screenshots need a Chinese font, and nginx stands before two copies of the
# page: install what is missing where apt-get can. Debian has Chromium without its windows as well, which is not needed
# but halves what it costs to open a page.
set -eu
PATH=$PATH:/usr/sbin # where Debian has nginx
wanted= quicker=
command -v chromium >/dev/null || wanted=chromium
[ -n "$(fc-list :lang=zh 2>/dev/null)" ] || wanted="$wanted fonts-wqy-microhei"
command -v nginx >/dev/null || wanted="$wanted nginx-light"
command -v chromium-headless-shell >/dev/null || ! grep -qsx 'ID=debian' /etc/os-release || quicker=chromium-headless-shell
[ -n "$wanted$quicker" ] || exit 0

say() { printf '%s\n' "$*" >&2; }
get() { $as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }

if [ "$(id -u)" = 0 ]; then as_root=; else as_root="sudo -n"; fi
if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
    say "Installing with apt-get: ${wanted:+$wanted }$quicker"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # words, not one name
    { $as_root apt-get update -qq >/dev/null && { [ -z "$wanted" ] || get $wanted; }; } ||
        [ -z "$wanted" ] || say "apt-get failed, see above."
    [ -z "$quicker" ] || get "$quicker" 2>/dev/null || :
    case $wanted in
    *nginx*) # Debian starts it as a service, which nobody has asked for: the tests start their own
        { $as_root systemctl disable --now nginx || $as_root service nginx stop; } >/dev/null 2>&1 || :
        ;;
    esac
fi
missing=
for program in chromium nginx; do
    command -v "$program" >/dev/null || missing="$missing $program"
done
if [ -n "$missing" ]; then
    say "Not on the path, and apt-get cannot install it here:$missing. The tests that need it will not run."
    [ "${CI:-}" != true ] || exit 1
fi
