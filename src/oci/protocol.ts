/**
 * What the two threads say to each other: numbered calls and their answers, and what the worker tells unasked. Plain
 * data only (structured clone), and free of the SDK, which the main thread must never load.
 */
import type { Inspection } from './inspection.ts';
import type {
  InterfaceInventory,
  InterfaceQuery,
  Milliseconds,
  OciExchange,
  OciFailure,
  OciStatus,
  PrivateIpId,
  ReadAnswer,
  SubnetId,
  TagRequest,
  UpdateAnswer,
  UpdateRequest,
  VnicAnswer,
  VnicId,
} from './types.ts';

/** Every call with what it carries and what it is answered with. */
export interface Calls {
  readonly discover: { readonly ask: readonly InterfaceQuery[]; readonly answer: readonly InterfaceInventory[] };
  readonly updatePrivateIp: { readonly ask: UpdateRequest; readonly answer: UpdateAnswer };
  readonly getPrivateIp: { readonly ask: PrivateIpId; readonly answer: ReadAnswer };
  readonly readSubnet: {
    readonly ask: { readonly subnetId: SubnetId; readonly ids: readonly PrivateIpId[] };
    readonly answer: ReadonlyMap<PrivateIpId, ReadAnswer>;
  };
  readonly getVnic: { readonly ask: VnicId; readonly answer: VnicAnswer };
  readonly tagVnic: { readonly ask: TagRequest; readonly answer: VnicAnswer };
  readonly inspect: { readonly ask: readonly PrivateIpId[]; readonly answer: Inspection };
  readonly refreshToken: { readonly ask: undefined; readonly answer: { readonly ok: true } | OciFailure };
}

export type CallName = keyof Calls;

/** One call, main to worker. */
export type CallMessage = {
  [Name in CallName]: {
    readonly call: Name;
    readonly number: number;
    readonly ask: Calls[Name]['ask'];
    /** When it was asked, on the monotonic clock that both threads share: a write is not sent 500 ms later. */
    readonly issuedAt: Milliseconds;
  };
}[CallName];

/** Worker to main. */
export type WorkerMessage =
  | { readonly kind: 'answer'; readonly number: number; readonly answer: Calls[CallName]['answer'] }
  | { readonly kind: 'status'; readonly status: OciStatus }
  | { readonly kind: 'exchange'; readonly exchange: OciExchange };

/** How long a write may wait before it is sent. Older ones are dropped: their etag and their reason may be outdated. */
export const WRITE_LIFETIME: Milliseconds = 500;

/**
 * How long a discovery asks again what the tenancy throttles: 24 VIPs in three subnets need 30 reads, which two routers
 * that start together get served within 4 s where the tenancy serves 20 a second.
 */
export const THROTTLE_PATIENCE: Milliseconds = 10_000;
