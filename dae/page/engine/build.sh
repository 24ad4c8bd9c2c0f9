#!/bin/sh
# Makes each kernels.wasm of the kernels.c beside it, with clang and lld (Debian: clang, lld; clang-19 and lld-19 for
# relaxed SIMD), and notes what they were made of.
set -e
cd "$(dirname "$0")"
build() {
  compiler=$1 source=$2 made=$3
  shift 3
  "$compiler" --target=wasm32 -O3 -msimd128 "$@" -nostdlib -fno-builtin \
    -Wl,--no-entry -Wl,--export=__heap_base -Wl,-z,stack-size=4096 -Wl,--strip-all -o "$made" "$source"
  chmod 644 "$made"
}
build clang kernels.c kernels.wasm
build clang training/kernels.c training/kernels.wasm
build clang-19 training/kernels.c training/relaxed.wasm -mrelaxed-simd
sha256sum build.sh kernels.c kernels.wasm training/kernels.c training/kernels.wasm training/relaxed.wasm > kernels.sha256
