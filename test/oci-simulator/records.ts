/** What happened: requests, changes of holder, TLS handshakes. */
import type { HandshakeRecord, HandshakeReport, JournalEntry, RequestRecord } from './types.ts';
import type { OwnershipChange } from './vcn-state.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A record while its request is under way. */
export type OpenRecord = Mutable<RequestRecord>;
export type OpenEntry = Mutable<JournalEntry>;
export type OpenHandshake = Mutable<HandshakeRecord>;

export interface Records {
  readonly requests: (since: number) => readonly RequestRecord[];
  readonly journal: (since: number) => readonly JournalEntry[];
  readonly handshakes: () => HandshakeReport;
  addRequest(request: Omit<RequestRecord, 'id'>): OpenRecord;
  addChange(change: OwnershipChange): OpenEntry;
  addHandshake(handshake: HandshakeRecord): OpenHandshake;
  reset(): void;
}

/** A long bench must not fill the memory: the oldest half is dropped beyond this. */
const KEPT = 200_000;

export function createRecords(): Records {
  let requests: OpenRecord[] = [];
  let journal: OpenEntry[] = [];
  let connections: OpenHandshake[] = [];
  let requestIds = 0;
  let entryIds = 0;

  const trimmed = <T>(list: T[]): T[] => (list.length < KEPT ? list : list.slice(KEPT / 2));

  return {
    requests: (since) => after(requests, since),
    journal: (since) => after(journal, since),
    handshakes() {
      const byInstance: Record<string, number> = {};
      for (const { instance } of connections) byInstance[instance ?? '?'] = (byInstance[instance ?? '?'] ?? 0) + 1;
      return { total: connections.length, byInstance, connections: connections.map((entry) => ({ ...entry })) };
    },
    addRequest(request) {
      const record = { ...request, id: ++requestIds };
      requests = trimmed(requests);
      requests.push(record);
      return record;
    },
    addChange(change) {
      const entry = { ...change, id: ++entryIds, fabricAt: null };
      journal = trimmed(journal);
      journal.push(entry);
      return entry;
    },
    addHandshake(handshake) {
      const entry = { ...handshake };
      connections = trimmed(connections);
      connections.push(entry);
      return entry;
    },
    reset() {
      requests = [];
      journal = [];
      connections = [];
    },
  };
}

/** Copies, because those under way still change. */
function after<T extends { readonly id: number }>(list: readonly T[], since: number): readonly T[] {
  return list.filter((entry) => entry.id > since).map((entry) => ({ ...entry }));
}
