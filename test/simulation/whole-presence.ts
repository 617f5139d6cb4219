import type { PresenceCodec } from '../../src/agent/heartbeat.ts';
import type { Presence } from '../../src/dgram-vrrp/index.ts';

/** First byte of every presence datagram: version 15, type 1. */
const FIRST_BYTE = 0xf1;

/** What one router writes is read by all. */
type Written = WeakMap<Uint8Array, Presence>;

export const createWritten = (): Written => new WeakMap();

/**
 * Hands a presence over as it is, rounded as the wire would. For unsigned datagrams, which travel as they were made.
 *
 * @param older written by a release that knows only what every presence must have
 */
export function createWholePresence(written: Written, older: boolean): PresenceCodec {
  return {
    encode(presence) {
      const bytes = Uint8Array.of(FIRST_BYTE);
      written.set(bytes, rounded(older ? withoutNews(presence) : presence));
      return { ok: true, bytes };
    },
    decode(bytes) {
      const presence = written.get(bytes);
      if (presence === undefined) return { ok: false, error: 'truncated' };
      return { ok: true, presence, pduLength: bytes.length, trailer: bytes.subarray(bytes.length) };
    },
  };
}

function withoutNews({ uptime: _uptime, release: _release, ...presence }: Presence): Presence {
  return presence;
}

function rounded(presence: Presence): Presence {
  return {
    ...presence,
    ...(presence.uptime !== undefined && { uptime: Math.floor(presence.uptime) }),
    clock: Math.floor(presence.clock),
    echoes: presence.echoes.map((echo) => ({ ...echo, age: Math.floor(echo.age) })),
    heard: presence.heard.map(({ router, age }) => ({ router, age: age === null ? null : Math.floor(age) })),
  };
}
