#!/bin/sh
# Installs RustOps on Linux or macOS: fetches the release for this machine, compares its checksum, puts the program, its
# completions and manual page in place. Nothing is changed before the checksum has been compared.
#
#   sh install.sh [--version X.Y.Z] [--prefix DIR] [--dry-run] [--uninstall] [--yes]
#
#   --version X.Y.Z  this release instead of the newest
#   --prefix DIR     install below DIR; else /usr/local as root, ~/.local otherwise
#   --dry-run        say what would be done, and do nothing
#   --uninstall      remove the program; configuration and data stay
#   --yes            do not ask whether to go on with `rustops setup`
#
# RUSTOPS_RELEASES is another place to fetch from, laid out like GitHub's releases: <place>/latest leads to …/vX.Y.Z, archives
# and SHA256SUMS are at <place>/download/vX.Y.Z/.
set -eu

# Filled in when a release is made.
home_of_releases="@RELEASES@"
releases="${RUSTOPS_RELEASES:-$home_of_releases}"
version="" prefix="" dry="" remove="" yes=""

say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p;}' "$0"; }

while [ $# -gt 0 ]; do
  case "$1" in
    --version) [ $# -ge 2 ] || fail "--version needs a number, such as 1.2.3"; version="${2#v}"; shift ;;
    --version=*) version="${1#*=}"; version="${version#v}" ;;
    --prefix) [ $# -ge 2 ] || fail "--prefix needs a folder"; prefix="$2"; shift ;;
    --prefix=*) prefix="${1#*=}" ;;
    --dry-run) dry=yes ;;
    --uninstall) remove=yes ;;
    --yes) yes=yes ;;
    -h | --help) usage; exit 0 ;;
    *) fail "what is $1? See --help" ;;
  esac
  shift
done

case "$version" in
  *[!0-9.]*) fail "a version is made of numbers and dots, such as 1.2.3" ;;
esac

if [ -z "$prefix" ]; then
  if [ "$(id -u)" = 0 ]; then prefix=/usr/local; else prefix="${HOME:?no home: give --prefix DIR}/.local"; fi
fi
program="$prefix/bin/rustops"
manual="$prefix/share/man/man1/rustops.1"
bash_completion="$prefix/share/bash-completion/completions/rustops"
zsh_completion="$prefix/share/zsh/site-functions/_rustops"
fish_completion="$prefix/share/fish/vendor_completions.d/rustops.fish"

# The service that starts this very program, as systemd's unit names it; nothing where there is none.
service_of_program() {
  for unit in /etc/systemd/system/rustops.service "${XDG_CONFIG_HOME:-${HOME:-/}/.config}/systemd/user/rustops.service"; do
    if [ -f "$unit" ] && grep --quiet --fixed-strings -e "ExecStart=$program " -e "ExecStart=\"$program\" " "$unit"; then
      say "$unit"
      return
    fi
  done
}

if [ -n "$remove" ]; then
  [ -e "$program" ] || fail "there is no $program"
  unit="$(service_of_program)"
  case "$unit" in
    "") ;;
    /etc/*) fail "the system's service runs $program. Take it away first: sudo $program service remove" ;;
    *) fail "your service runs $program. Take it away first: $program service remove" ;;
  esac
  if [ -n "$dry" ]; then
    say "Would remove $program, its manual page and completions."
    exit 0
  fi
  rm -f "$program" "$manual" "$bash_completion" "$zsh_completion" "$fish_completion" ||
    fail "$program cannot be removed; try again with sudo"
  say "Removed $program. Configuration and data stay."
  exit 0
fi

# The triple of the release for this machine.
target() {
  system="$(uname -s)" machine="$(uname -m)"
  case "$system/$machine" in
    Linux/x86_64 | Linux/amd64) say x86_64-unknown-linux-musl ;;
    Linux/aarch64 | Linux/arm64)
      # A 64-bit kernel under a 32-bit system, as on many a Raspberry Pi.
      if [ "$(getconf LONG_BIT 2>/dev/null || say 64)" = 32 ]; then
        say armv7-unknown-linux-musleabihf
      else
        say aarch64-unknown-linux-musl
      fi
      ;;
    Linux/armv7l | Linux/armv8l) say armv7-unknown-linux-musleabihf ;;
    Linux/armv6l) say arm-unknown-linux-musleabihf ;;
    Darwin/arm64) say aarch64-apple-darwin ;;
    Darwin/x86_64) say x86_64-apple-darwin ;;
    *) fail "there is no release for $system on $machine; see the README on how to build it" ;;
  esac
}

case "$releases" in
  https://*) only_https="--proto =https --proto-redir =https" ;;
  *) only_https="" ;;
esac

# fetch URL FILE: only whole files count; nobody is followed to an unencrypted place.
fetch() {
  if command -v curl >/dev/null; then
    # shellcheck disable=SC2086 # four words, or none
    curl $only_https --fail --silent --show-error --location --retry 2 --connect-timeout 15 --output "$2" "$1"
  elif command -v wget >/dev/null; then
    fetch_with_wget "$1" "$2"
  else
    fail "curl or wget is needed"
  fi
}

# Wget follows to anywhere, so each step is looked at here.
fetch_with_wget() {
  at="$1" steps=0
  while [ "$steps" -lt 6 ]; do
    if answer="$(LC_ALL=C wget --no-verbose --server-response --max-redirect=0 --tries=3 --timeout=15 \
      --output-document="$2" "$at" 2>&1)"; then
      return 0
    fi
    at="$(printf '%s\n' "$answer" | sed -n 's/^ *[Ll]ocation: *\([^ ]*\).*$/\1/p' | tail -n 1)"
    case "$1 $at" in
      "https://"*" https://"* | "http://"*" http://"* | "http://"*" https://"*) ;;
      *) printf '%s\n' "$answer" >&2; return 1 ;;
    esac
    steps=$((steps + 1))
  done
  return 1
}

newest() {
  command -v curl >/dev/null || fail "without curl, say which release: --version X.Y.Z (see $releases)"
  # The page of the newest release leads to the one of its tag.
  # shellcheck disable=SC2086 # four words, or none
  page="$(curl $only_https --fail --silent --show-error --location --connect-timeout 15 --output /dev/null \
    --write-out '%{url_effective}' "$releases/latest")" || fail "$releases/latest cannot be reached"
  tag="${page##*/}"
  case "$tag" in
    v[0-9]*.[0-9]*.[0-9]*) say "${tag#v}" ;;
    *) fail "the newest release cannot be told from $page; say --version X.Y.Z" ;;
  esac
}

checksum() {
  if command -v sha256sum >/dev/null; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif command -v shasum >/dev/null; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  else
    fail "sha256sum or shasum is needed to compare the checksum"
  fi
}

case "$releases" in
  http://* | https://*) ;;
  *) fail "this copy comes from the source and knows no releases; take the one beside a release, or set RUSTOPS_RELEASES" ;;
esac
target="$(target)"
[ -n "$version" ] || version="$(newest)"
name="rustops-$version-$target"
from="$releases/download/v$version"

if [ -n "$dry" ]; then
  say "Would fetch $from/$name.tar.gz, compare it with SHA256SUMS there, and install $program."
  exit 0
fi

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "Fetching RustOps $version for $target …"
fetch "$from/SHA256SUMS" "$folder/SHA256SUMS" || fail "$from/SHA256SUMS cannot be fetched; nothing was changed"
fetch "$from/$name.tar.gz" "$folder/$name.tar.gz" || fail "$name.tar.gz cannot be fetched whole; nothing was changed"

wanted="$(awk -v name="$name.tar.gz" '$2 == name || $2 == "*" name { print $1 }' "$folder/SHA256SUMS")"
[ -n "$wanted" ] || fail "SHA256SUMS does not name $name.tar.gz; nothing was changed"
[ "$(checksum "$folder/$name.tar.gz")" = "$wanted" ] ||
  fail "the checksum of $name.tar.gz is wrong: the download is damaged or somebody changed it. Nothing was changed."

tar -xzf "$folder/$name.tar.gz" -C "$folder"
"$folder/$name/rustops" --version >/dev/null || fail "the program does not run on this machine; nothing was changed"

mkdir -p "$prefix/bin" "${manual%/*}" "${bash_completion%/*}" "${zsh_completion%/*}" "${fish_completion%/*}" ||
  fail "$prefix cannot be written; try again with sudo, or give --prefix DIR"
# Renamed into its place, so that a bot that runs goes on and a power cut leaves the old or the new one.
if ! { cp "$folder/$name/rustops" "$program.new" && chmod 755 "$program.new" && mv -f "$program.new" "$program"; }; then
  fail "$program cannot be written; try again with sudo, or give --prefix DIR"
fi
cp "$folder/$name/rustops.1" "$manual"
cp "$folder/$name/completions/rustops.bash" "$bash_completion"
cp "$folder/$name/completions/rustops.zsh" "$zsh_completion"
cp "$folder/$name/completions/rustops.fish" "$fish_completion"
say "Installed $program ($("$program" --version))."

case ":$PATH:" in
  *":$prefix/bin:"*) ;;
  *) say "Your PATH does not hold $prefix/bin yet; until it does, type $program instead of rustops." ;;
esac

# Root sets the machine's service up, everybody else their own.
if [ "$(id -u)" = 0 ]; then setup="setup --system" service="service install"; else setup="setup" service="service install --user"; fi

if [ -z "$yes" ] && [ -t 0 ] && [ -t 1 ]; then
  printf 'Go on with the tokens now: %s %s (Y/n)? ' "$program" "$setup"
  read -r answer
  case "$answer" in
    n* | N*) ;;
    *)
      # shellcheck disable=SC2086 # words of a command line
      "$program" $setup
      if command -v systemctl >/dev/null; then
        printf 'Have the bot start with the machine (Y/n)? '
        read -r answer
        case "$answer" in
          n* | N*) ;;
          *)
            # shellcheck disable=SC2086 # words of a command line
            "$program" $service
            ;;
        esac
      fi
      exit 0
      ;;
  esac
fi
say "Next: rustops $setup"
