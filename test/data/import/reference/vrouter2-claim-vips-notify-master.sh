#!/bin/sh
oci network vnic assign-private-ip --vnic-id ocid1.vnic.oc1.phx.vrouter2transit --ip-address 172.20.136.132 --unassign-if-already-assigned --auth instance_principal

oci network vnic assign-private-ip --vnic-id ocid1.vnic.oc1.phx.vrouter2pod1 --ip-address 10.0.0.4 --unassign-if-already-assigned --auth instance_principal

oci network vnic assign-private-ip --vnic-id ocid1.vnic.oc1.phx.vrouter2pod2 --ip-address 10.0.0.36 --unassign-if-already-assigned --auth instance_principal
