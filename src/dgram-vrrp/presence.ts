/**
 * Presence: what a router tells its peers each second on every path. VRRP's backups are silent, so a master could not
 * see that its standby died; presence says so, and carries what the cluster has to agree on besides.
 *
 * On the wire, big-endian, no padding. The header:
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  15   | Type=1|    Version    |  Least version|   Reserved    |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Length, header to the end,   |           Reserved            |
 *  |  without the HMAC trailer     |                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Sections follow, each `type(1) length(2) content`, in any order, none twice:
 *
 *  | type | section | content                                                                       |
 *  |------|---------|-------------------------------------------------------------------------------|
 *  | 1    | names   | repeated: length(1) UTF-8; the rest names routers and links by position here  |
 *  | 2    | router  | name(1) flags(1: 1 = OCI ready, 2 = wants an answer) boot id(8) config digest(8) |
 *  |      |         |   challenge(8) uptime(6) clock(6)                                              |
 *  | 3    | echoes  | repeated: length(1) { router(1) challenge(8) age(4) }                         |
 *  | 4    | heard   | repeated: length(1) { router(1) age(4) }                                      |
 *  | 5    | links   | repeated: length(1) { name(1) flags(1: 1 = up) }                              |
 *  | 6    | groups  | repeated: length(1) { VRID(1) state(1) priority(1) successor(1) flags(1: 1 = a hold follows, |
 *  |      |         |   2 = ready)                                                                  |
 *  |      |         |   VIPs(1) bitmap(VIPs / 8 rounded up, first VIP in the highest bit of the first byte) |
 *  |      |         |   requests(1) requests × { router(1) on(1) id(6) }  [ target(1) origin(1) id(6) ] } |
 *  | 7    | freeze  | on(1) origin(1) id(6)                                                         |
 *  | 8    | release | name(1)                                                                       |
 *
 * Name 255 is none, age 2³²−1 is never (and 2³²−2 is that or longer), uptime 2⁴⁸−1 is unknown. States: 0 init,
 * 1 backup, 2 master, 3 fault, 4 standby. Only names and router must be there.
 *
 * Releases N and N−1 understand each other because a reader skips sections it does not know and what follows the fields
 * it knows within a section or record. A writer whose datagrams an older reader would misunderstand raises the least
 * version, and that reader refuses them as a whole.
 */

import type { Milliseconds } from './timing.ts';

/** What one router says of itself. Names are 1 to 255 bytes of UTF-8 without blanks and control characters. */
export interface Presence {
  readonly router: string;
  /** 16 hex digits, drawn anew at each start. */
  readonly bootId: string;
  /** 16 hex digits; equal on routers with the same configuration. */
  readonly configDigest: string;
  /** Whether this router could claim VIPs now. */
  readonly ociReady: boolean;
  /** Since the daemon started; each presence tells more than the one before, which gives their order. */
  readonly uptime?: Milliseconds;
  /**
   * The writer's wall clock, in milliseconds since 1970 UTC. For people only: what is believed depends on the sequence
   * number and the echo.
   */
  readonly clock: Milliseconds;
  /** Asks for a presence in answer, at once: the writer cannot believe what it hears of the reader. */
  readonly wantsAnswer: boolean;
  /** 16 hex digits, random, new in each datagram. A peer that echoes it wrote its datagram after having read this one. */
  readonly challenge: string;
  readonly echoes: readonly PresenceEcho[];
  readonly heard: readonly PresenceHeard[];
  readonly links: readonly PresenceLink[];
  readonly groups: readonly PresenceGroup[];
  readonly freeze?: FreezeCommand;
  /** Version of the writer's program, for people only: what its datagrams mean depends on the header. */
  readonly release?: string;
}

/** The last challenge heard from a peer. */
export interface PresenceEcho {
  readonly router: string;
  readonly challenge: string;
  /** How long ago it was received; from it follow the round trip and the peer's clock offset. */
  readonly age: Milliseconds;
}

/** When the last acceptable datagram of a peer was received, on any path. */
export interface PresenceHeard {
  readonly router: string;
  /** Null: never. */
  readonly age: Milliseconds | null;
}

export interface PresenceLink {
  readonly name: string;
  readonly up: boolean;
}

export type PresenceState = 'init' | 'backup' | 'master' | 'fault' | 'standby';

export interface PresenceGroup {
  readonly virtualRouterId: number;
  readonly state: PresenceState;
  /** Effective, 0 to 255. */
  readonly priority: number;
  /** Whether this router could claim the group's VIPs now. */
  readonly ready: boolean;
  /** The planned switchover in force. */
  readonly hold: HoldCommand | null;
  /** While resigning: who is to take over. */
  readonly successor: string | null;
  /** The last standby command known for each router that one was ever given for. */
  readonly standby: readonly StandbyCommand[];
  /** Whether each VIP is held here, in the order of the configuration. */
  readonly vips: readonly boolean[];
}

/** When an admin gave a command, in milliseconds since 1970 UTC. Of two commands the one with the higher id is in force. */
export type CommandId = number;

export interface HoldCommand {
  /** Null: the hold was ended. */
  readonly target: string | null;
  readonly id: CommandId;
  /** The router it was given on. */
  readonly origin: string;
}

export interface StandbyCommand {
  readonly router: string;
  readonly on: boolean;
  readonly id: CommandId;
}

export interface FreezeCommand {
  readonly on: boolean;
  readonly id: CommandId;
  /** The router it was given on. */
  readonly origin: string;
}

/** Why a datagram is no acceptable presence. One counter each. */
export type PresenceErrorCode =
  /** Shorter than the header. */
  | 'truncated'
  /** An advert, or a type of datagram of a later release. */
  | 'not-presence'
  /** Its writer says that this release would misunderstand it. */
  | 'unsupported-version'
  /** Neither the length it says nor that and an HMAC trailer. */
  | 'length'
  /** A section or record that ends too early, or a value without a meaning. */
  | 'malformed'
  | 'duplicate-section'
  /** No names or no router. */
  | 'missing-section';

export type PresenceDecodeResult =
  | {
      readonly ok: true;
      readonly presence: Presence;
      readonly pduLength: number;
      /** Empty, or the 28 bytes of an HMAC trailer, not verified yet. A view on the datagram, not a copy. */
      readonly trailer: Uint8Array;
    }
  | { readonly ok: false; readonly error: PresenceErrorCode };

export type PresenceEncodeResult =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** `too-large`: more than fits in PRESENCE_LENGTH_MAX; `invalid`: a name, id or number that the wire cannot carry. */
  | { readonly ok: false; readonly error: 'too-large' | 'invalid' };

/** Most bytes of a presence datagram, its trailer included: it passes every path unfragmented (RFC 8200 §5: 1280). */
export const PRESENCE_LENGTH_MAX = 1200;

/** The layout above. */
export const PRESENCE_VERSION = 1;
export const PRESENCE_TYPE = 1;
export const PRESENCE_HEADER_LENGTH = 8;

export const SECTION = {
  names: 1,
  router: 2,
  echoes: 3,
  heard: 4,
  links: 5,
  groups: 6,
  freeze: 7,
  release: 8,
} as const;

/** By their code on the wire. */
export const PRESENCE_STATES: readonly PresenceState[] = ['init', 'backup', 'master', 'fault', 'standby'];

export const NO_NAME = 255;
export const AGE_NEVER = 0xffff_ffff;
export const AGE_MAX = AGE_NEVER - 1;
export const UPTIME_UNKNOWN = 2 ** 48 - 1;
export const UPTIME_MAX = UPTIME_UNKNOWN - 1;

/** Names reach logs and terminals, so nothing that moves a cursor or hides text is one. */
export function isPresenceName(name: string): boolean {
  return name.length > 0 && !/[\p{Cc}\p{Cf}\p{Cs}\p{Z}]/u.test(name);
}
