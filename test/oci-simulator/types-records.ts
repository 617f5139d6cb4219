/** What happened. Every time is CLOCK_MONOTONIC in milliseconds. */
import type { Operation } from './types-parameters.ts';

/** One request as it was seen. */
export interface RequestRecord {
  /** 1, 2, 3 … in the order of arrival; reset-records does not start it again. */
  readonly id: number;
  readonly service: 'metadata' | 'federation' | 'vcn';
  /** null: the simulator knows no such operation. */
  readonly operation: Operation | null;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** By the token where it verified, else by the source address. null: a stranger. */
  readonly instance: string | null;
  /** Source address of the connection. */
  readonly source: string;
  /** When the headers had arrived. */
  readonly at: number;
  /** When the answer was handed to the kernel; null: not yet, or never. */
  readonly answeredAt: number | null;
  readonly status: number | null;
  /** The `code` of an error answer. */
  readonly errorCode: string | null;
  /** What the simulator found wrong, which the answer does not say (a 401 is as terse as the real one). */
  readonly detail: string | null;
  /** OCID of the object in the path, or looked for by a list. */
  readonly target: string | null;
  /** Address of that object, where it is a private IP or Ipv6. */
  readonly address: string | null;
  /** The VNIC asked for in the body or the query. */
  readonly vnicId: string | null;
  readonly ifMatch: string | null;
  /** When a write was carried out; null: it was not (or is none). */
  readonly appliedAt: number | null;
  /** Name of the fault it met. */
  readonly fault: string | null;
  readonly connection: number;
  /** First request on its connection. */
  readonly fresh: boolean;
}

/** One change of a VIP's holder. */
export interface JournalEntry {
  readonly id: number;
  readonly at: number;
  readonly privateIp: string;
  readonly address: string;
  readonly fromVnic: string | null;
  readonly toVnic: string | null;
  readonly fromInstance: string | null;
  readonly toInstance: string | null;
  /** Instance that asked for it; null: by the admin interface (console work). */
  readonly instance: string | null;
  /** RequestRecord.id; null for console work. */
  readonly request: number | null;
  readonly kind: 'move' | 'create' | 'delete';
  /** When the neighbour command was handed to the fabric's stdin; null without a fabric. */
  readonly fabricAt: number | null;
}

/** One TLS connection that completed its handshake. */
export interface HandshakeRecord {
  readonly connection: number;
  readonly at: number;
  readonly source: string;
  /** By source, or by the first token seen on it. */
  readonly instance: string | null;
  /** True for an abbreviated handshake. */
  readonly resumed: boolean;
  readonly serverName: string | null;
  readonly requests: number;
  readonly closedAt: number | null;
}

export interface HandshakeReport {
  readonly total: number;
  /** Strangers are counted under `?`. */
  readonly byInstance: Readonly<Record<string, number>>;
  readonly connections: readonly HandshakeRecord[];
}
