#!/bin/sh
# Makes of each kernels.c a kernels.wasm, and a relaxed.wasm with relaxed SIMD for browsers that have it, and notes what
# they were made of. Needs clang and lld (Debian: clang-19, lld-19).
set -e
cd "$(dirname "$0")"
compile() {
  source=$1 made=$2
  shift 2
  clang-19 --target=wasm32 -O2 "$@" -nostdlib -fno-builtin \
    -Wl,--no-entry -Wl,--export=__heap_base -Wl,-z,stack-size=4096 -Wl,--strip-all -o "$made" "$source"
  chmod 644 "$made"
}
for folder in . training; do
  compile $folder/kernels.c $folder/kernels.wasm -msimd128
  compile $folder/kernels.c $folder/relaxed.wasm -msimd128 -mrelaxed-simd
done
compile raster.c raster.wasm
sha256sum build.sh simd.h kernels.c kernels.wasm relaxed.wasm raster.c raster.wasm \
  training/kernels.c training/kernels.wasm training/relaxed.wasm > kernels.sha256
