#!/bin/sh
# Makes kernels.wasm of kernels.c, with clang and lld (Debian: clang, lld), and notes what it was made of.
set -e
cd "$(dirname "$0")"
clang --target=wasm32 -O3 -msimd128 -nostdlib -fno-builtin \
  -Wl,--no-entry -Wl,--export=__heap_base -Wl,-z,stack-size=4096 -Wl,--strip-all \
  -o kernels.wasm kernels.c
chmod 644 kernels.wasm
sha256sum kernels.c build.sh kernels.wasm > kernels.sha256
