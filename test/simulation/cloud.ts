import type { Oci, OciErrorCode, OciListener, OciVnics, VnicId } from '../../src/oci/types.ts';
import { createBucket } from './bucket.ts';
import { createOciClient, type Operation } from './oci-client.ts';
import { createOciStore, routerOf, subnetOf, vnicOf } from './oci-store.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One claim that moved a VIP. */
export interface Move {
  readonly at: number;
  readonly address: string;
  readonly to: string;
}

/** One request to the API, and how it was answered. */
export interface CloudRequest {
  readonly at: number;
  readonly router: string;
  readonly operation: Operation;
  readonly failure: OciErrorCode | undefined;
}

/** OCI for scenarios told by hand: a constant latency, and failures by router. */
export interface Cloud {
  /** The OCI side of one router. */
  connect(router: string, listener: OciListener): Oci & OciVnics;
  /** Every request of this router, or those of one operation, answers this from now on; undefined: all are served again. */
  fail(router: string, code: OciErrorCode | undefined, operation?: string): void;
  /** Metadata and token are there, or not. */
  setReady(router: string, ready: boolean): void;
  /** Router that holds a VIP. */
  holder(address: string): string | undefined;
  /** A new private IP object: work in the console. */
  add(address: string, device: string, router: string): void;
  /** Moves a VIP out of band: work in the console. */
  assign(address: string, router: string): void;
  /** Free-form tags of a router's VNIC. */
  tags(router: string, device: string): Readonly<Record<string, string>>;
  readonly moves: readonly Move[];
  readonly requests: readonly CloudRequest[];
}

export function createCloud(options: {
  readonly time: VirtualTime;
  readonly vips: readonly { readonly address: string; readonly interface: string }[];
  readonly holder: string;
  readonly latency: number;
  /** Primary address of a router's VNIC; absent: its VNICs have none, and only a lease names their router. */
  readonly primaryAddress?: ((router: string, device: string) => string | undefined) | undefined;
  /** What the tenancy lets through, requests a second of all routers together; everything unless told. */
  readonly throttle?: number;
}): Cloud {
  const { time, vips, latency } = options;
  const moves: Move[] = [];
  const requests: CloudRequest[] = [];
  const admits = createBucket(options.throttle ?? 0, options.time.now);
  /** Router → operation (or `every`) → what it answers. */
  const failures = new Map<string, Map<string, OciErrorCode>>();
  const notReady = new Set<string>();
  const listeners = new Map<string, OciListener>();
  const store = createOciStore(time.now);
  /** Interface of each VIP. */
  const devices = new Map(vips.map((vip) => [vip.address, vip.interface]));

  function addVnic(router: string, device: string): void {
    store.addVnic(vnicOf(router, device), subnetOf(device), options.primaryAddress?.(router, device));
  }
  function place(address: string, router: string): void {
    const device = devices.get(address) ?? '';
    addVnic(router, device);
    store.place(address, subnetOf(device), vnicOf(router, device));
  }
  for (const vip of vips) place(vip.address, options.holder);

  function announce(router: string): void {
    const ready = !notReady.has(router);
    listeners.get(router)?.onStatus(ready ? { ready, region: 'test' } : { ready, reason: 'metadata is absent' });
  }

  return {
    moves,
    requests,
    connect(router, listener) {
      listeners.set(router, listener);
      time.after(0, () => announce(router));
      for (const device of new Set(devices.values())) addVnic(router, device);
      const client = createOciClient({
        host: { router, now: time.now, inProcess: time.after, outside: time.after },
        store,
        requestTimeout: Number.MAX_SAFE_INTEGER,
        fateOf: (operation) => {
          const planned = failures.get(router);
          const failure = admits() ? (planned?.get(operation) ?? planned?.get('every')) : 'throttled';
          requests.push({ at: time.now(), router, operation, failure });
          const fate = { waits: 0, travels: 0, returns: latency, carriedOut: false, lag: 0 };
          return failure === undefined ? fate : { ...fate, failure };
        },
        onMove: ({ vnicId }, before) => {
          moves.push({ at: time.now(), address: before?.address ?? '', to: nameOf(vnicId) });
        },
      });
      return {
        ...client,
        close: async () => {
          listeners.delete(router);
        },
      };
    },
    fail(router, code, operation = 'every') {
      if (code === undefined) failures.delete(router);
      else failures.set(router, new Map([...(failures.get(router) ?? []), [operation, code]]));
    },
    setReady(router, ready) {
      if (ready) notReady.delete(router);
      else notReady.add(router);
      announce(router);
    },
    add(address, device, router) {
      devices.set(address, device);
      place(address, router);
    },
    holder: (address) => routerOf(store.current(address)?.vnicId),
    assign: place,
    tags(router, device) {
      const found = store.readVnic(vnicOf(router, device), time.now());
      return found.ok ? found.record.freeformTags : {};
    },
  };
}

const nameOf = (vnicId: VnicId) => routerOf(vnicId) ?? '';
