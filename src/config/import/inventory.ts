import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { parseAddress } from '../address.ts';
import { describeFileError } from '../files.ts';
import type { ImportFiles } from './conf-glob.ts';
import type { Remarks } from './remark.ts';

/** Addresses of a router's interfaces, from `ip -json address show` on that router. */
export type Inventory = readonly InterfaceAddresses[];

export interface InterfaceAddresses {
  readonly name: string;
  readonly addresses: readonly { readonly address: string; readonly prefixLength: number }[];
}

/** As iproute2 prints it; everything else in it is of no use here. */
const OUTPUT = z.array(
  z.object({
    ifname: z.string().optional(),
    addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.number().optional() })).optional(),
  }),
);

/** Reads such a file; undefined, with a mistake among the remarks, when it is none. */
export function readInventory(file: string, files: ImportFiles, remarks: Remarks): Inventory | undefined {
  const at = { file, line: 1, column: 1 };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(files.read(file)));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? 'it is not JSON' : describeFileError(cause);
    remarks.mistake(at, `${file} cannot be read: ${reason}, allowed: what "ip -json address show" prints`);
    return undefined;
  }
  const output = OUTPUT.safeParse(value);
  if (!output.success) {
    remarks.mistake(at, `${file} holds something else, allowed: what "ip -json address show" prints`);
    return undefined;
  }
  return output.data.flatMap(({ ifname, addr_info = [] }) =>
    ifname === undefined || ifname === 'lo' ? [] : [{ name: ifname, addresses: addr_info.flatMap(usable) }],
  );
}

function usable({ local, prefixlen }: { local?: string | undefined; prefixlen?: number | undefined }) {
  const parsed = parseAddress(local ?? '');
  // An address of its own, such as a VIP that is configured already, says nothing about a subnet.
  const isHost = prefixlen === undefined || prefixlen >= (parsed?.family === 6 ? 128 : 32);
  if (parsed === undefined || isHost || parsed.text.startsWith('fe80:')) return [];
  return [{ address: parsed.text, prefixLength: prefixlen }];
}

/** The interface whose subnet an address belongs to. */
export function interfaceOf(address: string, inventory: Inventory): string | undefined {
  const candidates = inventory.flatMap(({ name, addresses }) =>
    addresses
      .filter((own) => commonBits(own.address, address) >= own.prefixLength)
      .map(({ prefixLength }) => ({ name, prefixLength })),
  );
  return candidates.sort((a, b) => b.prefixLength - a.prefixLength)[0]?.name;
}

/** How many bits two addresses have in common from the left; 0 for different families. */
export function commonBits(a: string, b: string): number {
  const left = bitsOf(a);
  const right = bitsOf(b);
  if (left.length !== right.length) return 0;
  let count = 0;
  while (count < left.length && left[count] === right[count]) count += 1;
  return count;
}

function bitsOf(text: string): string {
  const address = parseAddress(text);
  if (address === undefined) return '';
  return ipaddr
    .parse(address.text)
    .toByteArray()
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
}
