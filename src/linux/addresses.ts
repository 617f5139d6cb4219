import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { interfaceIndex } from './libc.ts';
import { LinuxError } from './linux-error.ts';
import { encodeAddressChange } from './netlink-encode.ts';
import { DEFAULT_TIMEOUT_MS, requestChange, SEQUENCE } from './netlink-request.ts';

export interface AddressOptions {
  /** Milliseconds to wait for the kernel's answer; default 1000. Past it the kernel may still carry the request out. */
  readonly timeout?: number;
}

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
    await requestChange(request, call, options.timeout ?? DEFAULT_TIMEOUT_MS);
    return true;
  } catch (error) {
    const done = change === 'add' ? 'already-exists' : 'address-not-available';
    if (error instanceof LinuxError && error.code === done) return false;
    throw error;
  }
}
