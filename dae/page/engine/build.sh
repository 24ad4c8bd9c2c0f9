#!/bin/sh
# Makes each kernels.wasm of the kernels.c beside it, with clang and lld (Debian: clang, lld), and notes what they were
# made of.
set -e
cd "$(dirname "$0")"
for folder in . training; do
  clang --target=wasm32 -O3 -msimd128 -nostdlib -fno-builtin \
    -Wl,--no-entry -Wl,--export=__heap_base -Wl,-z,stack-size=4096 -Wl,--strip-all \
    -o $folder/kernels.wasm $folder/kernels.c
  chmod 644 $folder/kernels.wasm
done
sha256sum build.sh kernels.c kernels.wasm training/kernels.c training/kernels.wasm > kernels.sha256
