#!/bin/sh
# The same script on both routers
case $(hostname -s) in
  vrouter1) POD2=ocid1.vnic.oc1.phx.a3
    /root/bin/oci network vnic assign-private-ip --unassign-if-already-assigned --vnic-id $POD2 --ip-address 10.0.0.36
    oci network vnic assign-private-ip --unassign-if-already-assigned --vnic-id ocid1.vnic.oc1.phx.a1 --ip-address 172.20.136.132
    oci network vnic assign-private-ip --unassign-if-already-assigned --vnic-id ocid1.vnic.oc1.phx.a2 --ip-address 10.0.0.4 ;;
  vrouter2)
    oci network vnic assign-private-ip --unassign-if-already-assigned --vnic-id ocid1.vnic.oc1.phx.b3 --ip-address 10.0.0.36
    oci network vnic assign-private-ip --unassign-if-already-assigned --vnic-id ocid1.vnic.oc1.phx.b1 --ip-address 172.20.136.132
    oci network vnic assign-private-ip --unassign-if-already-assigned --vnic-id ocid1.vnic.oc1.phx.b2 --ip-address 10.0.0.4 ;;
esac
