/** Requests over RTNETLINK that change something, and dumps: sent on a thread, answered within a deadline. */
import { setTimeout as delay } from 'node:timers/promises';
import { errorFromErrno, LinuxError } from './linux-error.ts';
import type { NetlinkMessage } from './netlink-decode.ts';
import { badReply, openNetlink } from './netlink-socket.ts';

export const DEFAULT_TIMEOUT_MS = 1000;
/** Each request has a socket of its own. */
export const SEQUENCE = 1;
/** The answer is queued before the request's sendto returns; a further look is for a kernel that does otherwise. */
const ANSWER_POLL_MS = 1;

/**
 * Sends a request and waits for its acknowledgement (netlink(7), NLM_F_ACK).
 *
 * @throws LinuxError what the kernel refused with, or `timed-out`; past it the kernel may still carry the request out
 */
export async function requestChange(request: Uint8Array, call: string, timeout: number): Promise<void> {
  await exchange(request, call, timeout, (message) => {
    if (message.kind !== 'answer') return false;
    if (message.errno !== 0) throw errorFromErrno(message.errno, call, message.detail);
    return true;
  });
}

/**
 * Every message of a dump.
 *
 * @throws LinuxError `busy` when the kernel's table changed meanwhile, `timed-out`, …
 */
export async function requestDump(
  request: Uint8Array,
  call: string,
  timeout: number,
): Promise<readonly NetlinkMessage[]> {
  const dumped: NetlinkMessage[] = [];
  await exchange(request, call, timeout, (message) => {
    if (message.interrupted) throw new LinuxError('busy', call, 'the table changed while it was read');
    if (message.kind === 'malformed') throw badReply(call, message.reason);
    if (message.kind === 'answer') throw errorFromErrno(message.errno, call, message.detail);
    if (message.kind === 'done') return true;
    dumped.push(message);
    return false;
  });
  return dumped;
}

/** True for the last message. */
type Take = (message: NetlinkMessage) => boolean;

async function exchange(request: Uint8Array, call: string, timeout: number, take: Take): Promise<void> {
  const signal = AbortSignal.timeout(timeout);
  const answered = sendAndReceive(request, call, signal, take);
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
async function sendAndReceive(request: Uint8Array, call: string, signal: AbortSignal, take: Take): Promise<void> {
  const socket = openNetlink(0);
  try {
    await socket.sendOnThread(request);
    while (!signal.aborted) {
      const received = socket.receive();
      if (received.kind === 'overrun') throw new LinuxError('overrun', call, 'the answer was lost');
      if (received.kind === 'empty') await delay(ANSWER_POLL_MS);
      else if (received.messages.some((message) => message.sequence === SEQUENCE && take(message))) return;
    }
  } finally {
    socket.close();
  }
}
