#!/usr/bin/env bash
# Installs lavapipe, Mesa's Vulkan driver that computes on the CPU, on Debian from 12 on and on Ubuntu. Needs root.
# Debian 12's own Mesa is too old for WebGPU; its backports are not, and come from the mirror that apt already uses.
# --dry-run says what would be done, and needs no root.
set -euo pipefail

dry=${1:-}
[ -z "$dry" ] || [ "$dry" = --dry-run ] || { echo "usage: scripts/install_lavapipe.sh [--dry-run]" >&2; exit 2; }
refuse() { echo "install_lavapipe: $1" >&2; exit 3; }
run() { if [ "$dry" ]; then echo "$*"; else "$@"; fi; }

[ "$(uname -s)" = Linux ] || refuse "this is $(uname -s): macOS and Windows bring a driver of their own (README.md)"
release=${OS_RELEASE:-/etc/os-release}
[ -r "$release" ] || refuse "it is for Debian and Ubuntu; here, install Mesa's Vulkan drivers as your system does it"
# shellcheck disable=SC1090
. "$release"
case ${ID:-}:${VERSION_ID:-} in
  debian:[1-9] | debian:1[01]) refuse "${PRETTY_NAME:-this Debian} has no driver that is new enough: Debian 12 has" ;;
  debian:* | ubuntu:*) ;;
  *) refuse "it is for Debian and Ubuntu, not for ${PRETTY_NAME:-${ID:-this system}}: install Mesa's Vulkan drivers (vulkan-swrast, mesa-vulkan-drivers) and the Vulkan loader with its own package manager" ;;
esac
command -v apt-get >/dev/null || refuse "apt-get is not here"
[ "$dry" ] || [ "$(id -u)" = 0 ] || refuse "it needs root: sudo scripts/install_lavapipe.sh"

eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
parts=${parts%/}

# Entries of Debian 12 in apt's two formats, each turned into one of its backports; a separator ends every entry.
one_line() {
  awk '$1 == "deb" {
    at = 2
    if ($2 ~ /^\[/) while (at < NF && $at !~ /\]$/) at++
    if ($2 ~ /^\[/) at++
    if ($(at + 1) != "bookworm") next
    entry = "deb"
    for (i = 2; i <= at; i++) entry = entry " " $i
    printf "%s bookworm-backports main\n\f", entry
  }' "$@"
}
deb822() {
  awk 'BEGIN { RS = ""; FS = "\n" } {
    ours = 0; off = 0; entry = ""
    for (i = 1; i <= NF; i++) {
      if ($i ~ /^#/) continue
      name = tolower($i); sub(/:.*/, "", name)
      value = $i; sub(/^[^:]*:[ \t]*/, "", value)
      if (name == "enabled" && tolower(value) ~ /^(no|false|0)/) off = 1
      if (name == "suites") { if ((" " value " ") ~ / bookworm /) ours = 1; $i = "Suites: bookworm-backports" }
      if (name == "components") $i = "Components: main"
      if (name == "types") { if ((" " value " ") !~ / deb /) off = 1; $i = "Types: deb" }
      entry = entry $i "\n"
    }
    if (ours && !off) printf "%s\f", entry
  }' "$@"
}

# Other projects offer a suite of the same name without backports: the first entry that has them is taken.
add_backports() {
  local format file entry
  for format in deb822 one_line; do
    file=$parts/af3-gpu-backports.$([ $format = deb822 ] && echo sources || echo list)
    while IFS= read -r -d $'\f' entry; do
      if [ "$dry" ]; then printf '%s:\n%s\n' "$file" "$entry"; return; fi
      printf '%s\n' "$entry" >"$file"
      if apt-get update -qq -o Dir::Etc::sourcelist="$file" -o Dir::Etc::sourceparts=/dev/null 2>/dev/null; then return; fi
      rm "$file"
    done < <(
      if [ $format = deb822 ]; then set -- "$parts"/*.sources; else set -- "$list" "$parts"/*.list; fi
      for source; do if [ -r "$source" ]; then $format "$source"; fi; done
    )
  done
  refuse "apt's sources have no entry of Debian 12 (bookworm) whose mirror has bookworm-backports"
}

target=()
if [ "${VERSION_CODENAME:-}" = bookworm ]; then
  apt-get update --print-uris | grep -q "/dists/bookworm-backports/" || add_backports
  target=(-t bookworm-backports)
fi
run apt-get update -qq
install() { run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ${target[@]+"${target[@]}"} "$@"; }
install mesa-vulkan-drivers libvulkan1
# The compilers of AMD's GPUs, which the tests ask without a GPU (docs/compilers.md). Not every release has the package.
install mesa-drm-shim libvulkan-dev gcc libc6-dev ||
  echo "install_lavapipe: lavapipe is there; the test of GPUs' compilers will be skipped" >&2
