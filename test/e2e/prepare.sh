#!/bin/sh
# Fetches what the end-to-end tests need and the machine does not have: once per machine, and one run at a time. Run it as
# root, with the machine's network: the tests' own networks lead nowhere.
#
#   prepare.sh CACHE
set -eu

cache=$1
cd "$(dirname "$0")"
mkdir -p "$cache"
exec 8>"$cache/prepare.lock"
flock 8
./programs.sh
for script in promtool.sh systemd/debian.sh systemd/pacemaker.sh; do sh $script "$cache" >/dev/null; done
