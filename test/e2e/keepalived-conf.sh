#!/bin/bash
# What keepalived says of one file of test/data/import, in a network and with files of its own: its interfaces exist, and
# so do the scripts that it names. Prints what keepalived -t prints.
#
#   unshare --net --mount keepalived-conf.sh DATA DIRECTORY FILE CONFIG-ID
set -euo pipefail

data=$1 directory=$2 file=$3 config_id=$4

mount -t tmpfs tmpfs /mnt
cp -r "$data/$directory" /mnt/data
mkdir -p /etc/keepalived
for hidden in /root /etc/keepalived /usr/local/bin; do mount -t tmpfs tmpfs "$hidden"; done
for script in /root/claim-vips-notify-master.sh /root/claim.sh /etc/keepalived/vrouter{1,2}-master.sh \
  /usr/local/bin/{check-uplink,backup.sh,fault.sh,stop.sh,any.sh}; do
  printf '#!/bin/sh\n' >"$script"
  chmod 755 "$script"
done
for link in ens3 ens5 ens6 ens7 enp0s6 enp1s0 enp2s0; do
  ip link add "$link" type veth peer name "net-$link"
  ip link set "$link" up
done
cd /mnt/data
keepalived -t -i "$config_id" -f "$file" 2>&1 || :
