/** Bounded big-endian reading and writing. Neither throws: a failure is remembered and asked for once, at the end. */

export interface ByteWriter {
  u8(value: number): void;
  u16(value: number): void;
  u32(value: number): void;
  u48(value: number): void;
  bytes(value: Uint8Array): void;
  /** Write `content` behind its own length, in 1 or 2 bytes. */
  sized(lengthBytes: 1 | 2, content: () => void): void;
  /** What was written; undefined if it did not fit, or a content was too long for its length. */
  finish(): Uint8Array | undefined;
}

const EMPTY = new Uint8Array(0);

export function createByteWriter(capacity: number): ByteWriter {
  const buffer = new Uint8Array(capacity);
  const view = new DataView(buffer.buffer);
  let length = 0;
  let failed = false;
  const reserve = (count: number): number | undefined => {
    const offset = length;
    if (failed || offset + count > capacity) {
      failed = true;
      return undefined;
    }
    length += count;
    return offset;
  };
  const put = (count: number, write: (offset: number) => void): void => {
    const offset = reserve(count);
    if (offset !== undefined) write(offset);
  };
  return {
    u8: (value) => put(1, (offset) => view.setUint8(offset, value)),
    u16: (value) => put(2, (offset) => view.setUint16(offset, value)),
    u32: (value) => put(4, (offset) => view.setUint32(offset, value)),
    u48: (value) =>
      put(6, (offset) => {
        view.setUint16(offset, Math.floor(value / 2 ** 32));
        view.setUint32(offset + 2, value % 2 ** 32);
      }),
    bytes: (value) => put(value.length, (offset) => buffer.set(value, offset)),
    sized(lengthBytes, content) {
      const offset = reserve(lengthBytes);
      if (offset === undefined) return;
      content();
      const written = length - offset - lengthBytes;
      if (written >= 256 ** lengthBytes) failed = true;
      else if (lengthBytes === 1) view.setUint8(offset, written);
      else view.setUint16(offset, written);
    },
    finish: () => (failed ? undefined : buffer.subarray(0, length)),
  };
}

export interface ByteReader {
  /** Reading beyond the end gives zeros and sets `failed`. */
  u8(): number;
  u16(): number;
  u32(): number;
  u48(): number;
  bytes(count: number): Uint8Array;
  /** A reader of the content behind a length in 1 or 2 bytes. */
  sized(lengthBytes: 1 | 2): ByteReader;
  remaining(): number;
  /** True if this reader, or one taken from it, was read beyond its end. */
  failed(): boolean;
}

export function createByteReader(source: Uint8Array, parentFailed?: () => void): ByteReader {
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  let position = 0;
  let failed = false;
  const fail = (): void => {
    failed = true;
    parentFailed?.();
  };
  const take = (count: number): number | undefined => {
    if (position + count > source.length) {
      position = source.length;
      fail();
      return undefined;
    }
    const offset = position;
    position += count;
    return offset;
  };
  const get = (count: number, read: (offset: number) => number): number => {
    const offset = take(count);
    return offset === undefined ? 0 : read(offset);
  };
  const bytes = (count: number): Uint8Array => {
    const offset = take(count);
    return offset === undefined ? EMPTY : source.subarray(offset, offset + count);
  };
  const u8 = () => get(1, (offset) => view.getUint8(offset));
  const u16 = () => get(2, (offset) => view.getUint16(offset));
  return {
    u8,
    u16,
    u32: () => get(4, (offset) => view.getUint32(offset)),
    u48: () => get(6, (offset) => view.getUint16(offset) * 2 ** 32 + view.getUint32(offset + 2)),
    bytes,
    sized: (lengthBytes) => createByteReader(bytes(lengthBytes === 1 ? u8() : u16()), fail),
    remaining: () => source.length - position,
    failed: () => failed,
  };
}
