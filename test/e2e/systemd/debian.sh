#!/bin/sh
# Makes the Debian root directory that the systemd tests boot, once per machine, and prints its path. Run it as root.
#
#   debian.sh CACHE
set -eu

cache=$1
# What is in it; another number makes it anew.
edition=1

. /etc/os-release
case ${ID-}/${VERSION_CODENAME-} in
  debian/?*) suite=$VERSION_CODENAME ;;
  *) suite=bookworm ;;
esac
root=$cache/debian-$suite-$edition

# shellcheck source=proxy.sh
. "$(dirname "$0")/proxy.sh"

say() { echo "debian.sh: $*" >&2; }

install_debootstrap() {
  command -v debootstrap >/dev/null && [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] && return
  command -v apt-get >/dev/null || {
    say 'needs debootstrap and the Debian archive keyring, and installs them with apt-get only: install them by hand'
    exit 1
  }
  export DEBIAN_FRONTEND=noninteractive
  apt-get -y -q -o DPkg::Lock::Timeout=60 install --no-install-recommends debootstrap debian-archive-keyring >&2 && return
  apt-get -y -q -o DPkg::Lock::Timeout=60 update >&2
  apt-get -y -q -o DPkg::Lock::Timeout=60 install --no-install-recommends debootstrap debian-archive-keyring >&2
}

# Where this machine gets its own packages from, when they are the same ones; else debootstrap's own choice.
mirror() {
  [ "${ID-}" = debian ] || return 0
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
    sed -n "s|^\(https\{0,1\}://[^ ]*\) $suite main\$|\1|p" | head -n 1
}

make_root() {
  install_debootstrap
  use_proxy
  partial=$root.partial
  for attempt in 1 2 3; do
    rm -rf --one-file-system "$partial"
    # shellcheck disable=SC2046 # without a mirror there is no argument
    debootstrap --variant=minbase --include=systemd,systemd-sysv "$suite" "$partial" $(mirror) >"$cache/debootstrap.log" 2>&1 && {
      rm -rf "$partial"/var/cache/apt/archives/*.deb "$partial"/var/lib/apt/lists/*
      mv "$partial" "$root"
      return
    }
    say "debootstrap failed (attempt $attempt of 3):"
    tail -n 15 "$cache/debootstrap.log" >&2
    sleep $((attempt * 3))
  done
  say 'the Debian root could not be made: is the Debian archive reachable from here?'
  exit 1
}

mkdir -p "$cache"
# Two test runs at once make it once.
exec 9>"$cache/lock"
flock 9
[ -x "$root/lib/systemd/systemd" ] || make_root
echo "$root"
