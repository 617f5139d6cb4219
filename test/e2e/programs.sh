#!/bin/sh
# Installs the programs that the end-to-end tests use beside those of scripts/setup, where the machine has none of them:
# keepalived, and tshark, an independent decoder. Run it as root.
set -eu

have() { command -v "$1" >/dev/null; }

install_packages() {
  if have apt-get; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get -y -q -o DPkg::Lock::Timeout=120 install --no-install-recommends "$@" >&2 && return
    apt-get -y -q -o DPkg::Lock::Timeout=120 update >&2
    apt-get -y -q -o DPkg::Lock::Timeout=120 install --no-install-recommends "$@" >&2
  elif have dnf; then
    dnf -y -q --setopt=install_weak_deps=False install "$@" >&2
  else
    echo "programs.sh: knows apt-get and dnf only: install $* by hand" >&2
    exit 1
  fi
}

PATH=$PATH:/usr/sbin:/sbin
set --
have keepalived || set -- "$@" keepalived
have tshark || if have dnf; then set -- "$@" wireshark-cli; else set -- "$@" tshark; fi
[ $# = 0 ] || install_packages "$@"
