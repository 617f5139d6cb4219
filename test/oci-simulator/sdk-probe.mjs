// The real SDK in a process of its own, because NODE_EXTRA_CA_CERTS is read once, at the start. Prints what it got.
// Arguments: metadata base URL, federation and network origin (empty: the SDK's own), subnet, address, new VNIC.
import { InstancePrincipalsAuthenticationDetailsProviderBuilder as Builder } from 'oci-common';
import { VirtualNetworkClient } from 'oci-core';

const [metadata, federation, network, subnetId, ipAddress, vnicId] = process.argv.slice(2);
// The SDK chats on stdout.
console.log = () => {};

const builder = new Builder();
if (metadata) builder.metadataBaseUrl = metadata;
if (federation) builder.federationEndpoint = federation;
const authenticationDetailsProvider = await builder.build();
const client = new VirtualNetworkClient({ authenticationDetailsProvider });
if (network) client.endpoint = network;
else client.regionId = 'us-ashburn-1';

const { items } = await client.listPrivateIps({ subnetId, ipAddress });
const privateIpId = items[0].id;
const read = await client.getPrivateIp({ privateIpId });
const updatePrivateIpDetails = { vnicId };
const moved = await client.updatePrivateIp({ privateIpId, updatePrivateIpDetails, ifMatch: read.etag });
const stale = await client
  .updatePrivateIp({ privateIpId, updatePrivateIpDetails: { vnicId: read.privateIp.vnicId }, ifMatch: read.etag })
  .catch((error) => ({ statusCode: error.statusCode, serviceCode: error.serviceCode }));
const vnic = await client.getVnic({ vnicId });
const tagged = await client.updateVnic({
  vnicId,
  updateVnicDetails: { freeformTags: { lease: '1' } },
  ifMatch: vnic.etag,
});
client.close();
process.stdout.write(
  JSON.stringify({
    before: read.privateIp.vnicId,
    after: moved.privateIp.vnicId,
    etagChanged: moved.etag !== read.etag,
    requestId: moved.opcRequestId,
    stale,
    mac: vnic.vnic.macAddress,
    tags: tagged.vnic.freeformTags,
  }),
);
process.exit(0);
