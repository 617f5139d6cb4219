import type { PresenceCodec } from '../../src/agent/heartbeat.ts';
import type { Presence } from '../../src/dgram-vrrp/index.ts';
import { createNumberer, type Written } from './numbered.ts';

/** First byte of every presence datagram: version 15, type 1. */
const FIRST_BYTE = 0xf1;

/**
 * Hands a presence over as it is, rounded as the wire would, and numbers datagrams where they would be signed.
 *
 * @param older written by a release that knows only what every presence must have
 */
export function createWholePresence(older: boolean): PresenceCodec {
  return {
    createAuthenticator: createNumberer,
    encode(presence) {
      const bytes = new Uint8Array(1).fill(FIRST_BYTE);
      return { ok: true, bytes: Object.assign(bytes, { presence: rounded(older ? withoutNews(presence) : presence) }) };
    },
    decode(bytes: Written) {
      const { presence } = bytes;
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
