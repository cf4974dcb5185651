#!/usr/bin/env bash
# Packs one archive of a release: the program, licence, completions, manual page, example configuration, and the files for
# services. Usage: pack.sh PROGRAM_THAT_RUNS_HERE PROGRAM_TO_PACK NAME OUT
# The papers are printed by a program of the same source that runs on this machine.
set -euo pipefail
here="$1" program="$2" name="$3" out="$4"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
inside="$folder/$name"
mkdir -p "$inside/completions" "$inside/service" "$out"

cp "$program" LICENSE README.md CHANGELOG.md "$inside/"
cp dist/config.example.toml "$inside/"
cp dist/rustops.service dist/rustops.user.service dist/rustops.plist dist/rustops-task.xml dist/litestream.yml "$inside/service/"
for shell in bash zsh fish powershell elvish; do
  "$here" completions "$shell" >"$inside/completions/rustops.$shell"
done
"$here" man >"$inside/rustops.1"
# The Debian package takes them from here.
mkdir -p target/papers && cp -R "$inside/completions" "$inside/rustops.1" target/papers/

case "$name" in
  *windows*) (cd "$folder" && 7z a -bso0 archive.zip "$name") && mv "$folder/archive.zip" "$out/$name.zip" ;;
  *) tar -C "$folder" -czf "$out/$name.tar.gz" "$name" ;;
esac
