#!/usr/bin/env bash
# Builds the static binaries for 64-bit and 32-bit ARM on an x86_64 Debian without rustup, and runs them under qemu: version,
# a migration, the demo. Prints sizes and memory. Takes half an hour and more; not part of .ci/run.
#
# Wants from Debian: rustc-web, libstd-rust-web-dev, rust-web-src (unpacked, not installed), qemu-user; from PyPI: ziglang and
# cargo-zigbuild. The standard library is built along, since Debian has none for musl: that is what RUSTC_BOOTSTRAP and
# -Zbuild-std are for. Its own start files do not fit zig's (rcrt1.o), hence link-self-contained=no.
# Usage: dist/prove-arm.sh [TARGET …]
set -euo pipefail
cd "$(dirname "$0")/.."
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(aarch64-unknown-linux-musl armv7-unknown-linux-musleabihf)
profile="${PROFILE:-dist}"

work="$PWD/target/prove-arm"
prefix="$work/prefix"
mkdir -p "$work/debs" "$prefix"

need() { command -v "$1" >/dev/null || { echo "$1 is needed: apt-get install $2"; exit 1; }; }
need qemu-aarch64 qemu-user
need qemu-arm qemu-user
need python3 python3-venv
[ -x /usr/bin/time ] || { echo "/usr/bin/time is needed: apt-get install time"; exit 1; }

if [ ! -x "$work/rustc" ]; then
  (
    cd "$work/debs"
    packages="$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
      --no-enhances rustc-web libstd-rust-web-dev rust-web-src | grep -E '^(rustc-web|libstd-rust-web|rust-web-src|libllvm)' | sort -u)"
    # shellcheck disable=SC2086 # a list of names
    apt-get download $packages
  )
  for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$prefix"; done
  rustc="$(find "$prefix/usr" -path '*bin/rustc*' -type f -perm -u+x | head -n 1)"
  libraries="$(find "$prefix/usr/lib" -name 'librustc_driver*.so' -printf '%h:' -o -name 'libLLVM*.so*' -printf '%h:' | tr ':' '\n' | sort -u | paste -sd:)"
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s --sysroot %s "$@"\n' "$libraries" "$rustc" "$prefix/usr" >"$work/rustc"
  chmod +x "$work/rustc"
fi
if [ ! -x "$work/py/bin/cargo-zigbuild" ]; then
  python3 -m venv "$work/py"
  "$work/py/bin/pip" install --quiet --disable-pip-version-check ziglang cargo-zigbuild
fi

export PATH="$work/py/bin:$PATH" RUSTC="$work/rustc" RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target"
"$RUSTC" --version
for target in "${targets[@]}"; do
  cargo-zigbuild rustc --locked --profile "$profile" --bin rustops --target "$target" \
    -Zbuild-std=std,panic_abort,panic_unwind -- -Clink-self-contained=no
done

for target in "${targets[@]}"; do
  program="$CARGO_TARGET_DIR/$target/$profile/rustops"
  case "$target" in
    aarch64-*) emulator=qemu-aarch64 ;;
    *) emulator=qemu-arm ;;
  esac
  data="$(mktemp -d)"
  echo "== $target: $(stat -c %s "$program") bytes"
  "$emulator" "$program" --version
  # A database of the first version, with its rows.
  (umask 077 && python3 - "$data/rustops.db") <<'PYTHON'
import pathlib, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
for sql in ("migrations/V1__foundation.sql", "tests/migrations/V1__foundation.sql"):
    database.executescript(pathlib.Path(sql).read_text())
database.executescript("""
    CREATE TABLE refinery_schema_history
        (version INT4 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255));
    INSERT INTO refinery_schema_history VALUES (1, 'foundation', '', '');
""")
PYTHON
  "$emulator" "$program" --data-dir "$data" group list
  "$emulator" "$program" --data-dir "$data" doctor --offline | grep '^good *database'
  # The emulator's own memory counts along.
  /usr/bin/time -f '%M kB at most, %e s, emulator included' "$emulator" "$program" demo </dev/null | tail -n 3
  rm -r "$data"
done
