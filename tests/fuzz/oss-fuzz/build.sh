#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds the fuzz targets in the image of OSS-Fuzz, which sets CC, CFLAGS, LIB_FUZZING_ENGINE, SRC, WORK and OUT.
set -eu
cd "$SRC/auditfail"

# The targets run in an image without the libraries that they are linked with.
LDFLAGS="${LDFLAGS:-} -Wl,-rpath,\$ORIGIN/lib"
export LDFLAGS
meson setup "$WORK/build" -Dfuzzers=true -Dfuzzing_engine="$LIB_FUZZING_ENGINE" -Dtests=disabled -Dbench=false \
        -Dpam=disabled -Dpreload=disabled -Db_lundef=false
mkdir -p "$OUT/lib"
for source in tests/fuzz/fuzz_*.c; do
        target=$(basename "$source" .c)
        ninja -C "$WORK/build" "tests/fuzz/$target"
        cp "$WORK/build/tests/fuzz/$target" "$OUT"
        (cd "tests/fuzz/corpus/${target#fuzz_}" && zip -q -r "$OUT/${target}_seed_corpus.zip" .)
        dictionary=$(sed -n 's|^/\* Dictionary: \(.*\) \*/$|\1|p' "$source")
        [ -z "$dictionary" ] || cp "tests/fuzz/$dictionary" "$OUT/$target.dict"
        ldd "$WORK/build/tests/fuzz/$target" | sed -n 's|.* => \(/[^ ]*\) .*|\1|p' | grep -vE '/(libc|libm|libgcc_s|libstdc\+\+)\.' |
                xargs -r cp -u -t "$OUT/lib"
done
