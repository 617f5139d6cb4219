#!/bin/sh
# Prints the path of tshark, an independent decoder; installs it where the machine has none. Run it as root.
set -eu

install_it() {
  if command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get -y -q -o DPkg::Lock::Timeout=120 install --no-install-recommends tshark >&2 && return
    apt-get -y -q -o DPkg::Lock::Timeout=120 update >&2
    apt-get -y -q -o DPkg::Lock::Timeout=120 install --no-install-recommends tshark >&2
  elif command -v dnf >/dev/null; then
    dnf -y -q --setopt=install_weak_deps=False install wireshark-cli >&2
  else
    echo 'tshark.sh: knows apt-get and dnf only: install tshark by hand' >&2
    exit 1
  fi
}

PATH=$PATH:/usr/sbin:/sbin
command -v tshark >/dev/null || install_it
command -v tshark
