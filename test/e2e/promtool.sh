#!/bin/sh
# Prints the path of promtool. Where the machine has none, it is taken out of the Debian package prometheus, which is
# not installed: its Prometheus server would start.
#
#   promtool.sh CACHE
set -eu

cache=$1

say() { echo "promtool.sh: $*" >&2; }

fetch() {
  command -v apt-get >/dev/null || {
    say 'needs promtool, and fetches it with apt-get only: install the package prometheus by hand'
    exit 1
  }
  work=$(mktemp -d "$cache/promtool.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # As root, apt would hand the download to a user of its own, which cannot write here.
  (cd "$work" && apt-get -q -o APT::Sandbox::User=root download prometheus >&2) || {
    apt-get -q -o DPkg::Lock::Timeout=60 update >&2
    (cd "$work" && apt-get -q -o APT::Sandbox::User=root download prometheus >&2)
  }
  dpkg-deb -x "$work"/prometheus_*.deb "$work/package"
  mv "$work/package/usr/bin/promtool" "$cache/promtool"
}

command -v promtool && exit
mkdir -p "$cache"
exec 9>"$cache/promtool.lock"
flock 9
[ -x "$cache/promtool" ] || fetch
echo "$cache/promtool"
