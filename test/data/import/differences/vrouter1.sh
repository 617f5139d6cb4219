oci network vnic assign-private-ip --vnic-id ocid1.vnic.oc1.phx.a --ip-address 172.20.136.132
oci network vnic assign-private-ip --vnic-id ocid1.vnic.oc1.phx.b --ip-address 10.0.0.4
oci network vnic assign-private-ip --vnic-id ocid1.vnic.oc1.phx.c --ip-address 10.0.0.36
