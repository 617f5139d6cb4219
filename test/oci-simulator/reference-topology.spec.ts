import { expect, test } from 'vitest';
import { referenceMac, referenceTopology } from './reference-topology.ts';

test('is the deployment of the reference page', () => {
  const { instances, vips, subnets } = referenceTopology({ routers: 3 });
  expect(instances.map(({ vnics }) => vnics.map(({ privateIp }) => privateIp))).toEqual([
    ['172.20.136.130', '10.0.0.2', '10.0.0.34'],
    ['172.20.136.131', '10.0.0.3', '10.0.0.35'],
    ['172.20.136.133', '10.0.0.5', '10.0.0.37'],
  ]);
  expect(vips.map(({ address }) => address)).toEqual(['172.20.136.132', '10.0.0.4', '10.0.0.36']);
  expect(subnets.map(({ cidr }) => cidr)).toEqual(['172.20.136.128/25', '10.0.0.0/28', '10.0.0.32/28']);
  expect(referenceMac(2, 'ens10')).toBe('02:00:17:00:02:0a');
});

test('has room for 24 VIPs, none of them an address or OCID used twice', () => {
  const topology = referenceTopology({ routers: 3, vipsPerSubnet: 8, ipv6: true });
  expect(topology.vips.filter(({ address }) => !address.includes(':')).length).toBe(24);
  const vnics = topology.instances.flatMap((instance) => instance.vnics);
  const addresses = [
    ...topology.vips.map(({ address }) => address),
    ...vnics.map(({ privateIp }) => privateIp),
    ...topology.subnets.map(({ virtualRouterIp }) => virtualRouterIp),
  ];
  expect(new Set(addresses).size).toBe(addresses.length);
  const ids = [
    ...topology.vips.map(({ id }) => id),
    ...vnics.flatMap((vnic) => [vnic.id, vnic.privateIpId, vnic.attachmentId]),
    ...topology.instances.map(({ id }) => id),
    ...topology.subnets.map(({ id }) => id),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^ocid1\.\w+\.oc1\.iad\.[a-z2-7]{60}$/);
  expect(referenceTopology({ routers: 3, vipsPerSubnet: 8, ipv6: true })).toEqual(topology);
});

test('refuses what does not fit', () => {
  expect(() => referenceTopology({ routers: 4 })).toThrow(RangeError);
  expect(() => referenceTopology({ vipsPerSubnet: 10 })).toThrow(RangeError);
});
