import type {
  InterfaceInventory,
  InterfaceQuery,
  Oci,
  OciErrorCode,
  OciExchange,
  OciFailure,
  OciVnics,
  PrivateIpId,
  PrivateIpRecord,
  ReadAnswer,
  SubnetId,
  UpdateRequest,
  VipInventory,
} from '../../src/oci/types.ts';
import { idOf, type OciStore, subnetOf, vnicOf } from './oci-store.ts';

export type Operation = OciExchange['operation'];

/** What becomes of one request; durations in milliseconds. */
export interface Fate {
  /** How long it waits in this router's worker for a connection, a key or the processor. */
  readonly waits: number;
  /** From leaving to being carried out. */
  readonly travels: number;
  /** From there to the answer's arrival; undefined: the answer is lost. */
  readonly returns: number | undefined;
  /** What is answered instead of the result. */
  readonly failure?: OciErrorCode;
  /** Whether it is carried out in spite of the failure. */
  readonly carriedOut: boolean;
  /** How old a read's answer may be. */
  readonly lag: number;
}

/** What the client needs of the router's machine. */
export interface ClientHost {
  readonly router: string;
  readonly now: () => number;
  /** Runs something in the router's process after a while: later where the process stands still, never once it is gone. */
  readonly inProcess: (delay: number, run: () => void) => void;
  /** Runs something outside, whatever happens to the router. */
  readonly outside: (delay: number, run: () => void) => void;
}

export interface ClientOptions {
  readonly host: ClientHost;
  readonly store: OciStore;
  readonly requestTimeout: number;
  readonly fateOf: (operation: Operation) => Fate;
  /** The router asks for a claim. */
  readonly onClaim?: (request: UpdateRequest) => void;
  /** A claim was carried out. `before`: the record that it met. */
  readonly onMove?: (request: UpdateRequest, before: PrivateIpRecord | undefined, askedAt: number) => void;
  readonly onTokenRefreshed?: () => void;
}

/** A write that waited longer in the worker is dropped unsent (DESIGN §4 rule 1). */
const WRITE_LIFETIME = 500;
const TOUCHES: ReadonlySet<Operation> = new Set(['UpdatePrivateIp', 'UpdateVnic']);

/** The OCI side of one router. */
export function createOciClient(options: ClientOptions): Oci & OciVnics {
  const { host, store } = options;
  /** As the real worker's subnet reader: the listed form that belongs to the record. */
  const memory = new Map<PrivateIpId, { readonly record: PrivateIpRecord; readonly form?: string | undefined }>();

  function ask<T>(operation: Operation, carryOut: (lag: number) => T | OciFailure): Promise<T | OciFailure> {
    const askedAt = host.now();
    const fate = options.fateOf(operation);
    return new Promise((resolve) => {
      let answered = false;
      const answer = (result: T | OciFailure) => {
        if (answered) return;
        answered = true;
        resolve(result);
      };
      const send = () => {
        if (TOUCHES.has(operation) && host.now() - askedAt > WRITE_LIFETIME) return answer(failed('expired-unsent'));
        // Nothing is left to do in the process where the answer came first, which is nearly always.
        host.outside(options.requestTimeout, () => {
          if (!answered) host.inProcess(0, () => answer(failed('timeout')));
        });
        host.outside(fate.travels, () => {
          const done = fate.failure === undefined || fate.carriedOut ? carryOut(fate.lag) : undefined;
          const result = fate.failure === undefined && done !== undefined ? done : failed(fate.failure ?? 'network');
          if (fate.returns !== undefined) host.inProcess(fate.returns, () => answer(result));
        });
      };
      if (fate.waits === 0) send();
      else host.inProcess(fate.waits, send);
    });
  }

  async function get(id: PrivateIpId): Promise<ReadAnswer> {
    return ask<ReadAnswer>('GetPrivateIp', (lag) => store.readIp(id, host.now() - lag));
  }

  async function readOne(id: PrivateIpId, form: string | undefined): Promise<ReadAnswer> {
    const before = memory.get(id);
    if (form !== undefined && before?.form === form) return { ok: true, record: before.record };
    const answer = await get(id);
    if (!answer.ok) return answer;
    const { record } = answer;
    if (memory.get(id) === before) memory.set(id, { record, form: form === formOf(record) ? form : undefined });
    return answer;
  }

  async function readSubnet(ids: readonly PrivateIpId[]): Promise<[PrivateIpId, ReadAnswer][]> {
    const listed = await ask('ListPrivateIps', (lag) => {
      const asOf = host.now() - lag;
      return new Map(ids.map((id) => [id, formOf(recordOf(store.readIp(id, asOf)))] as const));
    });
    if ('ok' in listed) return ids.map((id) => [id, listed]);
    return Promise.all(
      ids.map(async (id): Promise<[PrivateIpId, ReadAnswer]> => [id, await readOne(id, listed.get(id))]),
    );
  }

  function vipOf(address: string, asOf: number): VipInventory {
    return { address, ...store.readIp(idOf(address), asOf) };
  }

  async function discoverOne({ interface: device, mac, vips }: InterfaceQuery): Promise<InterfaceInventory> {
    if (mac === undefined) return { ...failed('metadata'), interface: device };
    const vnicId = vnicOf(host.router, device);
    const found = await ask<InterfaceInventory>('GetVnic', (lag) => {
      const asOf = host.now() - lag;
      return {
        ok: true,
        interface: device,
        vnicId,
        subnetId: subnetOf(device),
        skipSourceDestCheck: true,
        vips: vips.map((address) => vipOf(address, asOf)),
      };
    });
    return { ...found, interface: device };
  }

  function learn(answer: ReadAnswer): ReadAnswer {
    if (answer.ok) memory.set(answer.record.id, { record: answer.record });
    return answer;
  }

  return {
    discover: (query) => Promise.all(query.map(discoverOne)),
    async updatePrivateIp(request) {
      const askedAt = host.now();
      options.onClaim?.(request);
      return learn(
        await ask<ReadAnswer>('UpdatePrivateIp', () => {
          const before = recordOf(store.readIp(request.privateIpId, host.now()));
          const answer = store.writeIp(request);
          if (answer.ok) options.onMove?.(request, before, askedAt);
          return answer;
        }),
      );
    },
    getPrivateIp: async (id) => learn(await get(id)),
    readSubnet: async (_subnet: SubnetId, ids) => new Map(await readSubnet(ids)),
    async refreshToken() {
      const answer = await ask('Federation', () => ({ ok: true }) as const);
      if (answer.ok) options.onTokenRefreshed?.();
      return answer;
    },
    getVnic: (id) => ask('GetVnic', (lag) => store.readVnic(id, host.now() - lag)),
    tagVnic: (request) => ask('UpdateVnic', () => store.tagVnic(request)),
    close: async () => {},
  };
}

const recordOf = (answer: ReadAnswer) => (answer.ok ? answer.record : undefined);
const formOf = (record: PrivateIpRecord | undefined) => record && `${record.vnicId}`;

function failed(code: OciErrorCode): OciFailure {
  return { ok: false, code, message: code };
}
