/**
 * recvmsg(2): a datagram together with its sender and what the kernel says about it. The structures are laid out by hand
 * in one block of memory, whose address does not change (64 bits, little-endian: x86-64 and arm64, glibc and musl):
 *
 *   struct msghdr            name, length of name, iovec, number of iovecs, control, length of control, flags
 *   struct iovec             the payload's address and length
 *   struct sockaddr_storage  the sender
 *   control messages         each: length (8 bytes), level (4), type (4), data, padded to 8 bytes
 *   payload
 */
import { address } from 'koffi';
import { receiveMessage } from './libc.ts';

const HEADER = 0;
const HEADER_LENGTH = 56;
const VECTOR = HEADER + HEADER_LENGTH;
const VECTOR_LENGTH = 16;
const NAME = VECTOR + VECTOR_LENGTH;
const NAME_LENGTH = 128;
const CONTROL = NAME + NAME_LENGTH;
const CONTROL_LENGTH = 256;
const PAYLOAD = CONTROL + CONTROL_LENGTH;

const CONTROL_HEADER_LENGTH = 16;
const MSG_TRUNC = 0x20;

/** What comes beside a datagram (cmsg(3)). */
export interface ControlMessage {
  readonly level: number;
  readonly type: number;
  readonly data: DataView;
}

/** Views on the receiver's memory, good until it receives again. */
export interface Message {
  readonly payload: Uint8Array;
  /** The sender's sockaddr. */
  readonly sender: DataView;
  readonly control: readonly ControlMessage[];
  /** It was longer than the buffer. */
  readonly isCut: boolean;
}

export interface MessageReceiver {
  /** Without waiting; undefined: nothing there. Throws LinuxError, also for an error that was pending on the socket. */
  receive(fd: number): Message | undefined;
}

/** @param payloadBytes the longest datagram that is not cut */
export function createMessageReceiver(payloadBytes: number): MessageReceiver {
  const memory = new Uint8Array(PAYLOAD + payloadBytes);
  const view = new DataView(memory.buffer);
  const base = address(memory);
  const pointer = (at: number, target: number) => view.setBigUint64(at, base + BigInt(target), true);

  pointer(HEADER, NAME);
  pointer(HEADER + 16, VECTOR);
  view.setBigUint64(HEADER + 24, 1n, true);
  pointer(HEADER + 32, CONTROL);
  pointer(VECTOR, PAYLOAD);
  view.setBigUint64(VECTOR + 8, BigInt(payloadBytes), true);

  return {
    receive(fd) {
      // The kernel overwrites them with what it used.
      view.setUint32(HEADER + 8, NAME_LENGTH, true);
      view.setBigUint64(HEADER + 40, BigInt(CONTROL_LENGTH), true);
      const length = receiveMessage(fd, memory);
      if (length === undefined) return undefined;
      return {
        payload: memory.subarray(PAYLOAD, PAYLOAD + length),
        sender: new DataView(memory.buffer, NAME, NAME_LENGTH),
        control: parseControl(view, CONTROL, Number(view.getBigUint64(HEADER + 40, true))),
        isCut: (view.getInt32(HEADER + 48, true) & MSG_TRUNC) !== 0,
      };
    },
  };
}

function parseControl(view: DataView, start: number, length: number): ControlMessage[] {
  const messages: ControlMessage[] = [];
  const end = start + length;
  for (let offset = start; offset + CONTROL_HEADER_LENGTH <= end; ) {
    const size = Number(view.getBigUint64(offset, true));
    if (size < CONTROL_HEADER_LENGTH || offset + size > end) break;
    messages.push({
      level: view.getInt32(offset + 8, true),
      type: view.getInt32(offset + 12, true),
      data: new DataView(view.buffer, offset + CONTROL_HEADER_LENGTH, size - CONTROL_HEADER_LENGTH),
    });
    offset += Math.ceil(size / 8) * 8;
  }
  return messages;
}
