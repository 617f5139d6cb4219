#!/bin/bash
# Runs commands of docs/migrating.md as one of the old routers: with its host name, its files, its addresses, the group of
# failoverd, and failoverctl. What they write to /srv and /etc/failoverd is in the directories given, which stay.
#
#   unshare --net --uts --mount migrating.sh HOSTNAME CHECKOUT NODE SRV ETC <<<COMMANDS
set -euo pipefail

hostname=$1 checkout=$2 node=$3 srv=$4 etc=$5
data=$checkout/test/data/import

commands=$(cat)
hostname "$hostname"
# Node and the checkout may be below what is covered next.
mount -t tmpfs tmpfs /mnt
mkdir /mnt/bin /mnt/data /mnt/dist
touch /mnt/bin/node
mount --bind "$node" /mnt/bin/node
cp "$checkout"/dist/*.js /mnt/dist/
cp -r "$data/." /mnt/data
cp "$checkout/package.json" /mnt/
ln -s ../dist/failoverctl.js /mnt/bin/failoverctl
{ cat /etc/group; echo 'failoverd:x:64999:'; } >/mnt/group
mount --bind /mnt/group /etc/group
mkdir -p /etc/keepalived /etc/failoverd /srv/migration /usr/lib/ocf/resource.d/heartbeat
mount --bind "$srv" /srv/migration
mount --bind "$etc" /etc/failoverd
for covered in /root /etc/keepalived /usr/lib/ocf/resource.d/heartbeat; do mount -t tmpfs tmpfs "$covered"; done

cp "/mnt/data/reference/$hostname.conf" /etc/keepalived/keepalived.conf
cp "/mnt/data/reference/$hostname-claim-vips-notify-master.sh" /root/claim-vips-notify-master.sh
cp /mnt/data/pacemaker/IPaddr2 /usr/lib/ocf/resource.d/heartbeat/IPaddr2
case $hostname in
  vrouter1) hosts=(172.20.136.130/25 10.0.0.2/28 10.0.0.34/28) ;;
  vrouter2) hosts=(172.20.136.131/25 10.0.0.3/28 10.0.0.35/28) ;;
esac
links=(ens3 ens5 ens6)
for index in 0 1 2; do
  ip link add "${links[index]}" type veth peer name "net-${links[index]}"
  ip address add "${hosts[index]}" dev "${links[index]}"
done

cd /
PATH=/mnt/bin:$PATH exec bash -e <<<"$commands"
