import type {
  InterfaceQuery,
  Oci,
  OciErrorCode,
  OciFailure,
  OciListener,
  PrivateIpId,
  PrivateIpRecord,
  SubnetId,
  VnicId,
} from '../../src/oci/types.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One claim that moved a VIP. */
export interface Move {
  readonly at: number;
  readonly address: string;
  readonly to: string;
}

/** OCI in memory: the records and their etags, a latency, and failures by router. */
export interface Cloud {
  /** The OCI side of one router. */
  connect(router: string, listener: OciListener): Oci;
  /** Every request of this router answers this from now on; undefined: served again. */
  fail(router: string, code: OciErrorCode | undefined): void;
  /** Metadata and token are there, or not. */
  setReady(router: string, ready: boolean): void;
  /** Router that holds a VIP. */
  holder(address: string): string | undefined;
  /** A new private IP object: work in the console. */
  add(address: string, device: string, router: string): void;
  /** Moves a VIP out of band: work in the console. */
  assign(address: string, router: string): void;
  readonly moves: readonly Move[];
}

export function createCloud(options: {
  readonly time: VirtualTime;
  readonly vips: readonly { readonly address: string; readonly interface: string }[];
  readonly holder: string;
  readonly latency: number;
}): Cloud {
  const { time, vips, latency } = options;
  const moves: Move[] = [];
  const failures = new Map<string, OciErrorCode>();
  const notReady = new Set<string>();
  const listeners = new Map<string, OciListener>();
  const records = new Map<string, PrivateIpRecord>();
  /** Interface of each VIP. */
  const devices = new Map(vips.map((vip) => [vip.address, vip.interface]));
  let version = 0;

  const vnicOf = (router: string, name: string) => `vnic.${router}.${name}` as VnicId;
  const subnetOf = (name: string) => `subnet.${name}` as SubnetId;
  const idOf = (address: string) => `privateip.${address}` as PrivateIpId;

  function write(address: string, router: string): PrivateIpRecord {
    const name = devices.get(address) ?? '';
    version += 1;
    const record = {
      id: idOf(address),
      address,
      subnetId: subnetOf(name),
      vnicId: vnicOf(router, name),
      etag: `etag-${version}`,
    };
    records.set(record.id, record);
    return record;
  }
  for (const vip of vips) write(vip.address, options.holder);

  function answer<T>(router: string, produce: () => T | OciFailure): Promise<T | OciFailure> {
    return new Promise((resolve) => {
      time.after(latency, () => {
        const code = failures.get(router);
        resolve(code === undefined ? produce() : { ok: false, code, message: code });
      });
    });
  }

  function read(id: PrivateIpId) {
    const record = records.get(id);
    return record === undefined
      ? ({ ok: false, code: 'not-found', message: 'no such private IP' } as const)
      : ({ ok: true, record } as const);
  }

  function announce(router: string): void {
    const ready = !notReady.has(router);
    listeners.get(router)?.onStatus(ready ? { ready, region: 'test' } : { ready, reason: 'metadata is absent' });
  }

  function discovered(router: string, query: InterfaceQuery) {
    return {
      ok: true,
      interface: query.interface,
      vnicId: vnicOf(router, query.interface),
      subnetId: subnetOf(query.interface),
      skipSourceDestCheck: true,
      vips: query.vips.map((address) => ({ address, ...read(idOf(address)) })),
    } as const;
  }

  return {
    moves,
    connect(router, listener) {
      listeners.set(router, listener);
      time.after(0, () => announce(router));
      return {
        async discover(query) {
          const found = await answer(router, () => query.map((entry) => discovered(router, entry)));
          return 'ok' in found ? query.map((entry) => ({ ...found, interface: entry.interface })) : found;
        },
        updatePrivateIp: (request) =>
          answer(router, () => {
            const found = read(request.privateIpId);
            if (!found.ok) return found;
            if (found.record.etag !== request.etag) {
              return { ok: false, code: 'precondition-failed', message: 'the etag does not match' } as const;
            }
            const { address } = found.record;
            moves.push({ at: time.now(), address, to: router });
            return { ok: true, record: write(address, router) } as const;
          }),
        getPrivateIp: (id) => answer(router, () => read(id)),
        async readSubnet(_subnet, ids) {
          const found = await answer(router, () => ids.map((id) => [id, read(id)] as const));
          return 'ok' in found ? new Map(ids.map((id) => [id, found])) : new Map(found);
        },
        refreshToken: () => answer(router, () => ({ ok: true }) as const),
        close: async () => {
          listeners.delete(router);
        },
      };
    },
    fail(router, code) {
      if (code === undefined) failures.delete(router);
      else failures.set(router, code);
    },
    setReady(router, ready) {
      if (ready) notReady.delete(router);
      else notReady.add(router);
      announce(router);
    },
    add(address, device, router) {
      devices.set(address, device);
      write(address, router);
    },
    holder: (address) => records.get(idOf(address))?.vnicId?.split('.')[1],
    assign(address, router) {
      write(address, router);
    },
  };
}
