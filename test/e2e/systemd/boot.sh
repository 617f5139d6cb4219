#!/bin/sh
# Boots a Debian root directory with its own systemd as PID 1, in namespaces of its own. It runs in three parts, each of
# which starts the next: `outside` makes the cgroup and removes it again, `first` is PID 1 and unshares the rest, and
# `inside` makes the mounts and becomes systemd. What systemd writes to its console is this script's output.
#
#   boot.sh outside NAME ROOT SCRATCH CHECKOUT NODE HOSTNAME
#
# NAME names the cgroup. ROOT is not changed: an overlay takes the changes to a tmpfs at SCRATCH, an empty directory
# which goes away again, and where `pid` appears: PID 1 as the machine sees it. CHECKOUT is at /mnt inside, read only.
# Run it in a mount namespace of its own, and on a pseudo-terminal, which becomes the console.
set -eu

part=$1 name=$2 root=$3 scratch=$4 checkout=$5 node=$6 hostname=$7
shift

outside() {
  mkdir "$scratch/cgroup" "$scratch/changes"
  mount -t cgroup2 cgroup2 "$scratch/cgroup"
  mount -t tmpfs -o mode=0755 tmpfs "$scratch/changes"
  mkdir "$scratch/cgroup/$name" "$scratch/changes/upper" "$scratch/changes/work" "$scratch/changes/root"

  # With PID 1 every process in its namespace dies; --kill-child does the same when unshare itself is killed.
  unshare --pid --fork --kill-child=KILL -- sh "$0" first "$@" <&1 &
  unshare=$!
  # A signal may come again while this cleans up.
  trap 'kill -KILL $unshare 2>/dev/null || :' TERM INT HUP
  status=0
  wait $unshare || status=$?
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    find "$scratch/cgroup/$name" -depth -type d -exec rmdir {} + 2>/dev/null && break
    sleep 0.2
  done
  umount -l "$scratch/cgroup" "$scratch/changes"
  rm -f "$scratch/pid"
  # Not recursive: were anything still mounted there, it must not be emptied.
  rmdir "$scratch/cgroup" "$scratch/changes" "$scratch"
  return $status
}

first() {
  echo 0 >"$scratch/cgroup/$name/cgroup.procs"
  # /proc still shows the machine's process numbers.
  read -r pid _ </proc/self/stat
  echo "$pid" >"$scratch/pid"
  exec unshare --mount --net --uts --ipc --cgroup -- sh "$0" inside "$@"
}

inside() {
  new=$scratch/changes/root
  mount -t overlay -o "lowerdir=$root,upperdir=$scratch/changes/upper,workdir=$scratch/changes/work" overlay "$new"
  mount -t proc -o nosuid,nodev,noexec proc "$new/proc"
  # Settings of the kernel that belong to the whole machine.
  for path in sys sysrq-trigger; do
    [ -e "$new/proc/$path" ] || continue
    mount --bind "$new/proc/$path" "$new/proc/$path"
    mount -o remount,bind,ro "$new/proc/$path"
  done
  mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$new/sys"
  mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$new/sys/fs/cgroup"
  mount -t tmpfs -o nosuid,nodev,mode=0755 tmpfs "$new/run"
  mount -t tmpfs -o nosuid,mode=0755 tmpfs "$new/dev"
  mkdir "$new/dev/pts" "$new/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$new/dev/pts"
  mount -t tmpfs -o nosuid,nodev tmpfs "$new/dev/shm"
  ln -s pts/ptmx "$new/dev/ptmx"
  ln -s /proc/self/fd "$new/dev/fd"
  for device in null zero full random urandom tty; do
    touch "$new/dev/$device"
    mount --bind "/dev/$device" "$new/dev/$device"
  done
  touch "$new/dev/console"
  mount --bind "$(tty)" "$new/dev/console"
  mount --bind "$checkout" "$new/mnt"
  mount -o remount,bind,ro "$new/mnt"
  rm -f "$new/usr/bin/node"
  touch "$new/usr/bin/node"
  mount --bind "$node" "$new/usr/bin/node"
  # What this Node is linked with beyond Debian's base system, and the modules that Debian's own Node keeps outside.
  ldd "$node" | sed -n 's|.*=> \(/[^ ]*\) .*|\1|p' | while read -r library; do
    [ -e "$new$library" ] || install -D "$library" "$new$library"
  done
  if [ -d /usr/share/nodejs ]; then
    mkdir -p "$new/usr/share/nodejs"
    mount --bind /usr/share/nodejs "$new/usr/share/nodejs"
  fi

  hostname "$hostname"
  echo "$hostname" >"$new/etc/hostname"
  tr -d - </proc/sys/kernel/random/uuid >"$new/etc/machine-id"
  # Nothing of it belongs here: logins need D-Bus, and timers would only use up the test's time.
  for unit in systemd-logind.service timers.target getty.target; do
    ln -sf /dev/null "$new/etc/systemd/system/$unit"
  done

  cd "$new"
  pivot_root . .
  umount -l .
  # Shared among the namespaces that systemd makes for its services, as it expects of a container; not with the machine.
  mount --make-rshared /
  # As for any container: no part of the machine's own clock, modules, log and power.
  exec chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb container=failoverd-test \
    setpriv --bounding-set -sys_module,-sys_rawio,-sys_time,-syslog,-sys_boot \
    /lib/systemd/systemd --unit=multi-user.target --show-status=yes --log-level=notice
}

"$part" "$@"
