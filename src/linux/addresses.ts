import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import ipaddr from 'ipaddr.js';
import { interfaceIndex } from './libc.ts';
import { errorFromErrno, LinuxError } from './linux-error.ts';
import { encodeAddressChange } from './netlink-encode.ts';
import { type NetlinkSocket, openNetlink } from './netlink-socket.ts';

export interface AddressOptions {
  /** Milliseconds to wait for the kernel's answer; default 1000. Past it the kernel may still carry the request out. */
  readonly timeout?: number;
}

const DEFAULT_TIMEOUT_MS = 1000;
const SEQUENCE = 1;
/** The answer is queued before the request's sendto returns; a further look is for a kernel that does otherwise. */
const ANSWER_POLL_MS = 1;

/**
 * Gives a device a VIP as a host address (/32 or /128, no prefix route; IPv6 without duplicate address detection and never
 * preferred as a source, RFC 6724) through RTM_NEWADDR (rtnetlink(7)). The event loop is not held up: the kernel's part
 * happens on a thread, however long another process holds the RTNL lock.
 *
 * The same address under another prefix length is another address to the kernel and is left alone.
 *
 * @param address IPv4 or IPv6 in text form
 * @returns whether it had to be added
 * @throws LinuxError `no-such-device`, `permission-denied` (CAP_NET_ADMIN), `invalid-argument`, `timed-out`, …
 */
export async function ensureAddress(
  device: string,
  address: string,
  options?: AddressOptions,
): Promise<'added' | 'present'> {
  return (await changeAddress('add', device, address, options)) ? 'added' : 'present';
}

/**
 * Takes away what `ensureAddress` gave, through RTM_DELADDR.
 *
 * @returns whether it was there
 * @throws LinuxError as `ensureAddress`
 */
export async function removeAddress(
  device: string,
  address: string,
  options?: AddressOptions,
): Promise<'removed' | 'absent'> {
  return (await changeAddress('remove', device, address, options)) ? 'removed' : 'absent';
}

/** @returns false if there was nothing to do */
async function changeAddress(
  change: 'add' | 'remove',
  device: string,
  address: string,
  options: AddressOptions = {},
): Promise<boolean> {
  const call = `${change === 'add' ? 'RTM_NEWADDR' : 'RTM_DELADDR'} ${address} on ${device}`;
  if (isIP(address) === 0) throw new LinuxError('invalid-argument', call, 'not an IP address');
  const bytes = Uint8Array.from(ipaddr.parse(address).toByteArray());
  const request = encodeAddressChange(change, SEQUENCE, interfaceIndex(device), bytes);
  try {
    await exchange(request, call, options.timeout ?? DEFAULT_TIMEOUT_MS);
    return true;
  } catch (error) {
    const done = change === 'add' ? 'already-exists' : 'address-not-available';
    if (error instanceof LinuxError && error.code === done) return false;
    throw error;
  }
}

/** Sends a request and waits for its acknowledgement (netlink(7), NLM_F_ACK). */
async function exchange(request: Uint8Array, call: string, timeout: number): Promise<void> {
  const socket = openNetlink(0);
  const signal = AbortSignal.timeout(timeout);
  const answered = sendAndReceive(socket, request, call, signal);
  let onAbort: (() => void) | undefined;
  const expired = new Promise<never>((_, reject) => {
    onAbort = () => reject(new LinuxError('timed-out', call, `no answer within ${timeout} ms`));
    signal.addEventListener('abort', onAbort);
  });
  try {
    await Promise.race([answered, expired]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

/** Closes the socket only when the thread is done with it, be that past the deadline. */
async function sendAndReceive(
  socket: NetlinkSocket,
  request: Uint8Array,
  call: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await socket.sendOnThread(request);
    while (!signal.aborted) {
      if (acknowledged(socket, call)) return;
      await delay(ANSWER_POLL_MS);
    }
  } finally {
    socket.close();
  }
}

/** @returns whether the acknowledgement was among what is queued; @throws LinuxError what the kernel refused with */
function acknowledged(socket: NetlinkSocket, call: string): boolean {
  for (;;) {
    const received = socket.receive();
    if (received.kind === 'empty') return false;
    if (received.kind === 'overrun') throw new LinuxError('overrun', call, 'the answer was lost');
    for (const message of received.messages) {
      if (message.kind !== 'answer' || message.sequence !== SEQUENCE) continue;
      if (message.errno !== 0) throw errorFromErrno(message.errno, call, message.detail);
      return true;
    }
  }
}
