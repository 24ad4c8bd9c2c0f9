#!/bin/sh
# Make the virtual environment $VENV (default .venv) and install requirements files into it:
#     scripts/install.sh requirements.txt [requirements-dev.txt]
# Does nothing when the files are as they were at the last install. PYTHON names the Python to use.
# An environment that it makes itself has exactly what requirements.lock names, checked by its hashes; in one that is
# there already what fits is kept.
set -eu
cd "$(dirname "$0")/.."
venv=${VENV:-.venv}
for last; do :; done
stamp=$venv/.installed-$last # a copy of the files as they were installed
lock=${last%.txt}.lock
if [ ! -e "$lock" ]; then lock=; fi
locked=$venv/.locked # there when the lock was installed, and nothing since
unfinished=$venv/.unfinished # there while pip runs: what an interrupted install leaves behind is not trusted
supported='import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))'
add_pip='import ensurepip; ensurepip.bootstrap()'

say() { printf '%s\n' "$*" >&2; }
runs() { "$1" -c "$2" >/dev/null 2>&1; }

find_python() {
    reason="There is no Python here: install Python 3.10 to 3.14, or name it with PYTHON=..."
    for python in ${PYTHON:-python3 python3.12 python3.11 python3.10 python3.13 python3.14 python}; do
        runs "$python" "" || continue
        version=$("$python" --version 2>&1)
        if ! runs "$python" "$supported"; then
            reason="Python 3.10 to 3.14 is needed and $python is $version: name another with PYTHON=..."
        elif ! runs "$python" "import ensurepip, venv"; then
            reason="$version cannot make virtual environments (on Debian and Ubuntu: apt-get install python3-venv)."
        else
            return 0
        fi
    done
    say "$reason"
    return 1
}

if [ ! -e "$unfinished" ] && cat "$@" $lock | cmp -s - "$stamp" && runs "$venv/bin/python" "$supported"; then
    exit 0
fi

has_pip() { runs "$venv/bin/python" "import pip"; }

if [ -e "$unfinished" ] || ! runs "$venv/bin/python" "$supported" ||
    ! { has_pip || { runs "$venv/bin/python" "$add_pip" && has_pip; }; }; then
    find_python
    if [ -e "$venv" ]; then say "Starting $venv afresh: it is unfinished or does not run."; fi
    say "Making $venv with $version."
    "$python" -m venv --clear "$venv"
    : >"$locked"
fi

say "Installing $last into $venv."
if ! runs "$venv/bin/python" "import importlib.util, sys; sys.exit(not importlib.util.find_spec('torch'))"; then
    say "This takes minutes and 6 GB, once: torch brings its CUDA libraries."
fi
if [ -n "$lock" ] && [ -e "$locked" ]; then
    wanted="--require-hashes -r $lock"
else
    wanted="-r $last"
    rm -f "$locked"
fi
quiet=--quiet
if [ -t 2 ]; then quiet=; fi # somebody watches: show pip's progress
: >"$unfinished"
if ! "$venv/bin/python" -m pip install $quiet --disable-pip-version-check --no-input $wanted >&2; then
    say "The packages could not be installed, see above: check the network and the disk, then run this again."
    exit 1
fi
cat "$@" $lock >"$stamp"
rm "$unfinished"
say "Installed."
