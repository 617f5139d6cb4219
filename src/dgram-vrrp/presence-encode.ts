import { type ByteWriter, createByteWriter } from './bytes.ts';
import { TRAILER_LENGTH } from './hmac-trailer.ts';
import { PRESENCE_VERSION_NIBBLE } from './kind.ts';
import {
  AGE_MAX,
  AGE_NEVER,
  type CommandId,
  isPresenceName,
  NO_NAME,
  PRESENCE_HEADER_LENGTH,
  PRESENCE_LENGTH_MAX,
  PRESENCE_STATES,
  PRESENCE_TYPE,
  PRESENCE_VERSION,
  type Presence,
  type PresenceEncodeResult,
  type PresenceGroup,
  SECTION,
  UPTIME_MAX,
  UPTIME_UNKNOWN,
} from './presence.ts';
import type { Milliseconds } from './timing.ts';

/** The datagram, without its trailer but with room left for one. Never throws. Ages and the uptime saturate. */
export function encodePresence(presence: Presence): PresenceEncodeResult {
  const encoder = createEncoder(createByteWriter(PRESENCE_LENGTH_MAX - TRAILER_LENGTH));
  const bytes = encoder.encode(presence);
  if (encoder.invalid()) return { ok: false, error: 'invalid' };
  return bytes === undefined ? { ok: false, error: 'too-large' } : { ok: true, bytes };
}

function createEncoder(writer: ByteWriter) {
  const names = new Map<string, number>();
  let invalid = false;

  const check = (valid: boolean): boolean => {
    if (!valid) invalid = true;
    return valid;
  };
  const byte = (value: number): void => writer.u8(check(isWhole(value, 255)) ? value : 0);
  const flag = (value: boolean): void => writer.u8(value ? 1 : 0);
  const name = (value: string | null): void => writer.u8(value === null ? NO_NAME : (names.get(value) ?? NO_NAME));
  const id = (value: CommandId): void => writer.u48(check(isWhole(value, 2 ** 48 - 1)) ? value : 0);
  const hex = (value: string): void => {
    if (check(/^[0-9a-f]{16}$/.test(value))) writer.bytes(bytesOfHex(value));
  };
  const section = (type: number, content: () => void): void => {
    writer.u8(type);
    writer.sized(2, content);
  };
  const records = <T>(type: number, items: readonly T[], record: (item: T) => void): void => {
    if (items.length === 0) return;
    section(type, () => {
      for (const item of items) writer.sized(1, () => record(item));
    });
  };

  function encode(presence: Presence): Uint8Array | undefined {
    // A name and a mention of it take 5 bytes at least, so the datagram is full before the 255th.
    for (const text of namesOf(presence)) names.set(text, names.size);
    writer.u8((PRESENCE_VERSION_NIBBLE << 4) | PRESENCE_TYPE);
    writer.u8(PRESENCE_VERSION);
    writer.u8(PRESENCE_VERSION);
    writer.bytes(new Uint8Array(PRESENCE_HEADER_LENGTH - 3));
    section(SECTION.names, () => {
      for (const text of names.keys()) writeName(text);
    });
    section(SECTION.router, () => {
      name(presence.router);
      writer.u8((presence.ociReady ? 1 : 0) | (presence.wantsAnswer ? 2 : 0));
      hex(presence.bootId);
      hex(presence.configDigest);
      hex(presence.challenge);
      writer.u48(presence.uptime === undefined ? UPTIME_UNKNOWN : saturated(presence.uptime, UPTIME_MAX));
      writer.u48(saturated(presence.clock, UPTIME_UNKNOWN));
    });
    records(SECTION.echoes, presence.echoes, (echo) => {
      name(echo.router);
      hex(echo.challenge);
      writer.u32(saturated(echo.age, AGE_MAX));
    });
    records(SECTION.heard, presence.heard, (heard) => {
      name(heard.router);
      writer.u32(heard.age === null ? AGE_NEVER : saturated(heard.age, AGE_MAX));
    });
    records(SECTION.links, presence.links, (link) => {
      name(link.name);
      flag(link.up);
    });
    records(SECTION.groups, presence.groups, writeGroup);
    const { freeze, release } = presence;
    if (freeze !== undefined) {
      section(SECTION.freeze, () => {
        flag(freeze.on);
        name(freeze.origin);
        id(freeze.id);
      });
    }
    if (release !== undefined) section(SECTION.release, () => name(release));
    const bytes = writer.finish();
    if (bytes !== undefined) new DataView(bytes.buffer).setUint16(4, bytes.length);
    return bytes;
  }

  function writeName(text: string): void {
    if (check(isPresenceName(text))) writer.sized(1, () => writer.bytes(new TextEncoder().encode(text)));
  }

  function writeGroup(group: PresenceGroup): void {
    byte(group.virtualRouterId);
    writer.u8(PRESENCE_STATES.indexOf(group.state));
    byte(group.priority);
    name(group.successor);
    writer.u8((group.hold === null ? 0 : 1) | (group.ready ? 2 : 0));
    byte(group.vips.length);
    writer.bytes(bitmapOf(group.vips));
    byte(group.standby.length);
    for (const command of group.standby) {
      name(command.router);
      flag(command.on);
      id(command.id);
    }
    if (group.hold !== null) {
      name(group.hold.target);
      name(group.hold.origin);
      id(group.hold.id);
    }
  }

  return { encode, invalid: () => invalid };
}

/** Each name once, the router's own first. */
function namesOf({ router, echoes, heard, links, groups, freeze, release }: Presence): ReadonlySet<string> {
  const names = new Set<string>([router]);
  const add = (name: string | null | undefined): void => {
    if (name !== null && name !== undefined) names.add(name);
  };
  for (const echo of echoes) add(echo.router);
  for (const peer of heard) add(peer.router);
  for (const link of links) add(link.name);
  for (const group of groups) {
    add(group.successor);
    add(group.hold?.target);
    add(group.hold?.origin);
    for (const command of group.standby) add(command.router);
  }
  add(freeze?.origin);
  add(release);
  return names;
}

/** Rounded down, at most `max`. What is no number is as old as can be: doubt must not look fresh. */
function saturated(value: Milliseconds, max: number): number {
  if (Number.isNaN(value)) return max;
  return Math.min(max, Math.max(0, Math.floor(value)));
}

function isWhole(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function bytesOfHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(index * 2, index * 2 + 2), 16),
  );
}

function bitmapOf(bits: readonly boolean[]): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, index) => {
    if (bit) bitmap[index >>> 3] = (bitmap[index >>> 3] ?? 0) | (0x80 >>> (index & 7));
  });
  return bitmap;
}
