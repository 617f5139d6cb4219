oci network vnic assign-private-ip --vnic-id ocid1.vnic.oc1.phx.d --ip-address 172.20.136.132
oci network vnic assign-private-ip --vnic-id ocid1.vnic.oc1.phx.e --ip-address $UNKNOWN
oci network vnic assign-private-ip --vnic-id ocid1.vnic.oc1.phx.f --ip-address 10.0.0.37
