#!/bin/bash
# Makes a Pacemaker cluster of the machine that it runs on, vrouter1 of the reference deployment, with the resource agent
# patched as that deployment has it. In place of the OCI CLI is a script that writes its calls to /root/oci.calls.
#
#   cluster.sh CHECKOUT
set -euo pipefail

data=$1/test/data/import/pacemaker
agent=/usr/lib/ocf/resource.d/heartbeat/IPaddr2
password=ChangeMe1234

# The variables stand below the agent's functions, the commands before it adds the address.
patch_agent() {
  cp $agent $agent.ORIG
  sed -n '/^##### OCI vNIC/,/^vnicippod2/p' "$data/IPaddr2" >/root/variables
  sed -n '/^##### OCI\/IPaddr/,/^        fi/p' "$data/IPaddr2" >/root/commands
  sed -i -e '/ocf-shellfuncs$/r /root/variables' \
    -e '/^[[:blank:]]*cmd="$IP2UTIL -f $FAMILY addr add $ipaddr\/$netmask dev/r /root/commands' $agent
  [ "$(grep -c '^##### OCI' $agent)" = 2 ]
}

install_cli() {
  touch /root/oci.calls
  install -D -m 0755 /dev/stdin /root/bin/oci <<'SCRIPT'
#!/bin/sh
echo "$*" >>/root/oci.calls
SCRIPT
}

configure_corosync() {
  cat >/etc/corosync/corosync.conf <<'CONF'
totem {
  version: 2
  cluster_name: virtualrouter
  transport: knet
  crypto_cipher: none
  crypto_hash: none
}
nodelist {
  node {
    name: vrouter1
    nodeid: 1
    ring0_addr: 172.20.136.130
  }
}
quorum {
  provider: corosync_votequorum
}
logging {
  to_syslog: yes
}
CONF
}

# Before the first start, so that it does not wait long for other nodes to become the coordinator.
configure_pacemaker() {
  local cib=/root/cib.xml
  cibadmin --empty >$cib
  pcs -f $cib property set stonith-enabled=false no-quorum-policy=ignore dc-deadtime=2s
  pcs -f $cib resource defaults update migration-threshold=1
  pcs -f $cib resource create Cluster_VIP ocf:heartbeat:IPaddr2 \
    ip=172.20.136.132 cidr_netmask=25 op start timeout=60s op monitor interval=20s timeout=60s
  install -m 0600 -o hacluster -g haclient $cib /var/lib/pacemaker/cib/cib.xml
}

printf '127.0.0.1 localhost\n172.20.136.130 vrouter1\n' >/etc/hosts
echo "hacluster:$password" | chpasswd
patch_agent
install_cli
configure_corosync
configure_pacemaker
systemctl enable --now corosync pacemaker
pcs host auth vrouter1 -u hacluster -p $password
