#!/bin/bash
# What becoming master takes, after ten minutes of thought
set -eu
OCI="/root/bin/oci"
export ENS5_VNIC=ocid1.vnic.oc1.phx.vrouter1pod1   # POD 1
ens6_vnic='ocid1.vnic.oc1.phx.vrouter1pod2'
log() { logger -t vips "$*"; }

log "$(date): taking over"
$OCI --auth instance_principal network vnic assign-private-ip --unassign-if-already-assigned \
    --vnic-id=${ENS5_VNIC} --ip-address=10.0.0.4
if ! $OCI network vnic assign-private-ip --vnic-id "$ens6_vnic" --ip-address 10.0.0.36 >/dev/null 2>&1; then
  log failed
fi
conntrackd -c; conntrackd -f
