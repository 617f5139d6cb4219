#!/bin/sh
# Makes the Debian root directory of the systemd tests once more, with Pacemaker, Corosync and pcs in it, once per
# machine, and prints its path. Run it as root.
#
#   pacemaker.sh CACHE
set -eu

cache=$1
# What is in it; another number makes it anew.
edition=1

# shellcheck source=proxy.sh
. "$(dirname "$0")/proxy.sh"

say() { echo "pacemaker.sh: $*" >&2; }

inside() {
  chroot "$partial" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    ${http_proxy+"http_proxy=$http_proxy"} "$@"
}

# Nothing may start: a service would run on the machine that this script runs on.
forbid_services() {
  printf '#!/bin/sh\nexit 101\n' >"$partial/usr/sbin/policy-rc.d" && chmod 0755 "$partial/usr/sbin/policy-rc.d"
}

install_packages() {
  cp /etc/resolv.conf "$partial/etc/resolv.conf" &&
    forbid_services &&
    inside apt-get -q -o Acquire::Retries=3 update &&
    inside apt-get -y -q -o Acquire::Retries=3 -o Dpkg::Options::=--force-unsafe-io install --no-install-recommends \
      pacemaker pacemaker-cli-utils corosync pcs resource-agents iproute2 &&
    # A cluster that nobody set up must not start with the machine.
    inside systemctl disable corosync pacemaker &&
    rm -f "$partial/etc/corosync/corosync.conf" "$partial/usr/sbin/policy-rc.d"
}

make_root() {
  use_proxy
  partial=$root.partial
  rm -rf --one-file-system "$partial"
  cp -a "$base" "$partial"
  install_packages >"$cache/pacemaker.log" 2>&1 || {
    tail -n 15 "$cache/pacemaker.log" >&2
    say 'Pacemaker could not be installed: is the Debian archive reachable from here?'
    exit 1
  }
  rm -rf "$partial"/var/cache/apt/archives/*.deb "$partial"/var/lib/apt/lists/*
  mv "$partial" "$root"
}

base=$(sh "$(dirname "$0")/debian.sh" "$cache")
root=$base-pacemaker-$edition
# Two test runs at once make it once.
exec 9>"$cache/pacemaker.lock"
flock 9
[ -d "$root" ] || make_root
echo "$root"
