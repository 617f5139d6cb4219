import { createHash } from 'node:crypto';

/** Lower-case base32, the alphabet of an OCID's unique part. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** First letters of the unique part, which in real OCIDs tell the region's shard. */
const PREFIXES: Readonly<Record<string, string>> = {
  vnic: 'abuwcljt',
  privateip: 'abuwcljt',
  instance: 'anuwcljt',
  vnicattachment: 'anuwcljt',
};

/** An OCID that looks real and is the same for the same name in every run. Global kinds carry no region. */
export function ocid(kind: string, regionKey: string, name: string): string {
  const bytes = createHash('sha512').update(`${kind} ${regionKey} ${name}`).digest();
  const prefix = PREFIXES[kind] ?? 'aaaaaaaa';
  let unique = '';
  for (const byte of bytes.subarray(0, 60 - prefix.length)) unique += ALPHABET[byte & 31] ?? '';
  return `ocid1.${kind}.oc1.${regionKey}.${prefix}${unique}`;
}
