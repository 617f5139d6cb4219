import { errorFromErrno } from './linux-error.ts';

/** struct timex of a 64-bit Linux, from the kernel's uapi headers; the same on x86-64 and arm64. */
const TIMEX_BYTES = 208;
const STATUS_OFFSET = 40;
/** The clock is not synchronised. */
const STA_UNSYNC = 0x40;

/**
 * Whether somebody (chronyd, systemd-timesyncd) keeps this machine's clock right, by the kernel's own word, adjtimex(2).
 * Changes nothing.
 *
 * @throws LinuxError where a sandbox forbids the call, as the daemon's unit does; what import throws without koffi
 */
export async function isClockSynchronised(): Promise<boolean> {
  // Only now: a command line that asks for something else needs no libc, and runs without it.
  const { errno, load } = await import('koffi');
  const adjtimex: (buffer: Uint8Array) => number = load(null).func('int adjtimex(void *)');
  const buffer = Buffer.alloc(TIMEX_BYTES);
  // Mode 0, as the zeros say: only read.
  if (adjtimex(buffer) < 0) throw errorFromErrno(errno(), 'adjtimex');
  return (buffer.readInt32LE(STATUS_OFFSET) & STA_UNSYNC) === 0;
}
