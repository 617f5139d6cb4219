import type { VirtualNetworkClient } from 'oci-core/lib/client.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { OciFault } from './errors.ts';
import type { NetworkClient } from './network-client.ts';
import { createSubnetReader, type SubnetReader } from './subnet-reader.ts';
import type { PrivateIpId, PrivateIpRecord, SubnetId, VnicId } from './types.ts';

const subnetId = 'ocid1.subnet.oc1.iad.s' as SubnetId;
const a = 'ocid1.privateip.oc1.iad.a' as PrivateIpId;
const six = 'ocid1.ipv6.oc1.iad.six' as PrivateIpId;

interface Stored {
  ipAddress: string;
  vnicId: string;
  displayName: string;
  etag: string;
}

/** The service's side: what lists show, what gets show, and which operations were called. */
let listed: Map<string, Stored>;
let gotten: Map<string, Stored>;
let calls: string[];
let broken: boolean;
let onGet: () => void;
let reader: SubnetReader;

const view = (id: string, { etag: _, ...rest }: Stored) => ({ id, subnetId, ...rest });
const list = (part: string) => ({
  items: [...listed].filter(([id]) => id.includes(part)).map(([id, stored]) => view(id, stored)),
});
function get(id: string) {
  const stored = gotten.get(id);
  if (!stored) throw new OciFault('not-found', 'gone');
  onGet();
  return { etag: stored.etag, object: view(id, stored) };
}
const sdk = {
  listPrivateIps: async () => list('privateip'),
  listIpv6s: async () => list('ipv6'),
  getPrivateIp: async ({ privateIpId }: { privateIpId: string }) => {
    const { etag, object } = get(privateIpId);
    return { etag, privateIp: object };
  },
  getIpv6: async ({ ipv6Id }: { ipv6Id: string }) => {
    const { etag, object } = get(ipv6Id);
    return { etag, ipv6: object };
  },
} as unknown as VirtualNetworkClient;

const client: NetworkClient = {
  async call({ operation }, run) {
    calls.push(operation);
    if (broken) throw new OciFault('throttled', 'slow down');
    return run(sdk);
  },
  expectVips: () => undefined,
  readLimit: () => 1,
  connections: () => ({ open: 1, kept: 1 }),
  longestIdle: () => 0,
  close: () => undefined,
};

function store(
  id: string,
  change: Partial<Stored>,
  where: ReadonlyArray<Map<string, Stored>> = [listed, gotten],
): void {
  for (const map of where) {
    const before = map.get(id) ?? { ipAddress: '10.0.0.4', vnicId: 'vnic1', displayName: 'vip', etag: '1' };
    map.set(id, { ...before, ...change });
  }
}

beforeEach(() => {
  listed = new Map();
  gotten = new Map();
  calls = [];
  broken = false;
  onGet = () => undefined;
  reader = createSubnetReader(client);
  store(a, {});
});

async function read(id = a): Promise<PrivateIpRecord | string | undefined> {
  calls = [];
  const answer = (await reader.read(subnetId, [id])).get(id);
  return answer?.ok ? answer.record : answer?.code;
}

describe('createSubnetReader', () => {
  it('gets an object once, then again only when its listed form changed', async () => {
    expect(await read()).toMatchObject({ etag: '1', vnicId: 'vnic1' });
    expect(calls).toEqual(['ListPrivateIps', 'GetPrivateIp']);
    expect(await read()).toMatchObject({ etag: '1' });
    expect(calls).toEqual(['ListPrivateIps']);
    // Also what does not concern the holder changes the etag.
    store(a, { displayName: 'renamed', etag: '2' });
    expect(await read()).toMatchObject({ etag: '2' });
    expect(calls).toEqual(['ListPrivateIps', 'GetPrivateIp']);
  });

  it('reads again after a record came from elsewhere', async () => {
    await read();
    reader.learn({ id: a, address: '10.0.0.4', subnetId, vnicId: 'vnic2' as VnicId, etag: '2' });
    store(a, { vnicId: 'vnic2', etag: '2' });
    expect(await read()).toMatchObject({ etag: '2' });
    expect(calls).toContain('GetPrivateIp');
  });

  it('does not take an old list for a proof of a newer etag, nor the other way round', async () => {
    store(a, { vnicId: 'vnic2', etag: '2' }, [listed]);
    expect(await read()).toMatchObject({ etag: '1', vnicId: 'vnic1' });
    store(a, { vnicId: 'vnic2', etag: '2' }, [gotten]);
    expect(await read()).toMatchObject({ etag: '2', vnicId: 'vnic2' });
  });

  it('keeps a write acknowledged while it was reading', async () => {
    onGet = () => reader.learn({ id: a, address: '10.0.0.4', subnetId, vnicId: 'vnic2' as VnicId, etag: '2' });
    await read();
    onGet = () => undefined;
    store(a, { vnicId: 'vnic2', etag: '2' }, [gotten]);
    expect(await read()).toMatchObject({ etag: '2' });
  });

  it('asks for an object the list does not show, and says that it is gone', async () => {
    listed.delete(a);
    gotten.delete(a);
    expect(await read()).toBe('not-found');
  });

  it('answers every id when the list fails', async () => {
    broken = true;
    expect([...(await reader.read(subnetId, [a, six])).values()].map((answer) => !answer.ok && answer.code)).toEqual([
      'throttled',
      'throttled',
    ]);
  });

  it('reads IPv6 objects by their own operations', async () => {
    store(six, { ipAddress: 'fd00::4' });
    expect(await read(six)).toMatchObject({ address: 'fd00::4' });
    expect(calls).toEqual(['ListIpv6s', 'GetIpv6']);
  });
});
