/**
 * The heartbeat on the wire, in two network namespaces that are joined by a cable: what one sends, the other accepts, and
 * tshark, which nobody here wrote, finds nothing wrong with. Runs as root.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeAdvert, parseAddress } from '../../src/dgram-vrrp/index.ts';
import { until } from '../lab/clock.ts';
import type { Command, Speaker } from './heartbeat/speak-main.ts';
import { execute } from './systemd/machine.ts';

const HERE = 'fot-hb-a';
const THERE = 'fot-hb-b';
const SCRIPT = 'build/speak.js';
const A4 = '10.0.0.2';
const B4 = '10.0.0.3';
const A6 = 'fd00::2';
const B6 = 'fd00::3';
const PORT = 8112;
/** Of a busy machine, for a datagram and for a capture. */
const PATIENCE = 30_000;

interface Line {
  readonly id: string;
  readonly open?: boolean;
  readonly heard?: { readonly priority: number; readonly interval: number; readonly addresses: readonly string[] };
  readonly rejected?: string;
  readonly error?: string;
}

interface End {
  readonly lines: Line[];
  tell(command: Command): void;
  stop(): void;
}

const base = { transport: 'ip', port: PORT, minTtl: 255, version: 3, interval: 1000, advertise: 'vips' } as const;
const V4 = { local: A4, peer: B4, vips: ['10.0.0.4', '10.0.0.36'] };
const V6 = { local: A6, peer: B6, vips: ['fd00::4'] };
const MANY = Array.from({ length: 255 }, (_, index) => `10.1.${index >> 7}.${index & 127}`);

/** Every form an advert of ours can have; as the left end has them. */
const SPEAKERS: readonly Speaker[] = [
  { id: 'v2', ...V4, heartbeat: { ...base, version: 2 } },
  { id: 'v2-no-vips', ...V4, heartbeat: { ...base, version: 2, advertise: 'none' } },
  { id: 'v2-password', ...V4, heartbeat: { ...base, version: 2 }, password: 'ISV-test' },
  { id: 'v2-password-no-vips', ...V4, heartbeat: { ...base, version: 2, advertise: 'none' }, password: 'short' },
  { id: 'v3', ...V4, heartbeat: base },
  { id: 'v3-no-vips', ...V4, heartbeat: { ...base, advertise: 'none' } },
  { id: 'v3-many', ...V4, heartbeat: { ...base, advertise: MANY } },
  { id: 'v3-ipv6', ...V6, heartbeat: base },
  { id: 'udp-v3', ...V4, heartbeat: { ...base, transport: 'udp' } },
  { id: 'udp-v3-ipv6', ...V6, heartbeat: { ...base, transport: 'udp', port: PORT + 1 } },
];

const turned = (speaker: Speaker): Speaker => ({ ...speaker, local: speaker.peer, peer: speaker.local });

let directory: string;
let left: End;
let right: End;
let capture: ChildProcessWithoutNullStreams;

async function ip(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await execute('ip', args);
  if (code !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}

async function makeSpaces(): Promise<void> {
  for (const space of [HERE, THERE]) await ip('netns', 'add', space);
  await ip('link', 'add', 'ens3', 'netns', HERE, 'type', 'veth', 'peer', 'name', 'ens3', 'netns', THERE);
  for (const [space, v4, v6] of [
    [HERE, A4, A6],
    [THERE, B4, B6],
  ] as const) {
    await ip('-n', space, 'address', 'add', `${v4}/28`, 'dev', 'ens3');
    await ip('-n', space, 'address', 'add', `${v6}/64`, 'dev', 'ens3', 'nodad');
    // As if a keepalived beside us had joined VRRP's group.
    await ip('-n', space, 'address', 'add', '224.0.0.18/32', 'dev', 'ens3', 'autojoin');
    await ip('-n', space, 'link', 'set', 'lo', 'up');
    await ip('-n', space, 'link', 'set', 'ens3', 'up');
  }
}

function startEnd(space: string): End {
  const child = spawn('ip', ['netns', 'exec', space, process.execPath, SCRIPT]);
  const lines: Line[] = [];
  child.stderr.pipe(process.stderr);
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  return {
    lines,
    tell: (command) => void child.stdin.write(`${JSON.stringify(command)}\n`),
    stop: () => void child.stdin.end(),
  };
}

async function startCapture(file: string): Promise<ChildProcessWithoutNullStreams> {
  const filter = `proto 112 or ip6 proto 112 or ip6 proto 44 or udp port ${PORT} or udp port ${PORT + 1}`;
  const child = spawn('ip', [
    'netns',
    'exec',
    THERE,
    'tcpdump',
    '-i',
    'ens3',
    '-U',
    '--immediate-mode',
    '-w',
    file,
    filter,
  ]);
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (text: Buffer) => text.includes('listening on') && resolve());
    child.once('exit', (code) => reject(new Error(`tcpdump ended with ${code}`)));
  });
  return child;
}

/** Waits for a line; fails with all that were there. */
async function says(end: End, fits: (line: Line) => boolean): Promise<Line> {
  const found = await until(() => end.lines.find(fits), PATIENCE, 50);
  if (found !== undefined) return found;
  throw new Error(`it did not say that: ${JSON.stringify(end.lines)}`);
}

type Row = Readonly<Record<string, string>>;

/** What tshark makes of a capture: one row of fields for each packet. */
async function decoded(file: string, fields: readonly string[]): Promise<Row[]> {
  const args = ['-r', file, '-n', '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const { code, stdout, stderr } = await execute('tshark', args);
  if (code !== 0) throw new Error(stderr);
  return stdout
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => Object.fromEntries(line.split('\t').map((value, index) => [fields[index] ?? '', value])));
}

/**
 * tshark does not look for VRRP in UDP, not even when told to (`-d udp.port==8112,vrrp` is no valid pair). So what came
 * as the payload of UDP is put behind an IP header of protocol 112, byte by byte, with the addresses that it came with.
 */
async function unwrapUdp(from: string, to: string): Promise<void> {
  const rows = await decoded(from, ['udp.payload', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst']);
  const packets = rows.flatMap((row) => {
    const payload = Buffer.from(row['udp.payload'] ?? '', 'hex');
    if (payload.length === 0) return [];
    const source = parseAddress(row['ip.src'] || row['ipv6.src'] || '') ?? new Uint8Array();
    const destination = parseAddress(row['ip.dst'] || row['ipv6.dst'] || '') ?? new Uint8Array();
    return [Buffer.concat([ipHeader(source.length === 16, payload.length), source, destination, payload])];
  });
  await writeFile(to, Buffer.concat([PCAP_HEADER, ...packets.flatMap((packet) => [recordHeader(packet), packet])]));
}

/** Without the addresses, which end it. */
function ipHeader(isIpv6: boolean, length: number): Buffer {
  const header = Buffer.alloc(isIpv6 ? 8 : 12);
  if (isIpv6) {
    header.writeUInt8(0x60, 0);
    header.writeUInt16BE(length, 4);
    header.writeUInt8(112, 6);
    header.writeUInt8(255, 7);
  } else {
    header.writeUInt8(0x45, 0);
    header.writeUInt16BE(20 + length, 2);
    header.writeUInt8(255, 8);
    header.writeUInt8(112, 9);
  }
  return header;
}

/** libpcap's file format: magic, version 2.4, snapshot length, link type 101 (an IP packet). */
const PCAP_HEADER = Buffer.alloc(24);
PCAP_HEADER.writeUInt32LE(0xa1b2c3d4, 0);
PCAP_HEADER.writeUInt16LE(2, 4);
PCAP_HEADER.writeUInt16LE(4, 6);
PCAP_HEADER.writeUInt32LE(65_535, 16);
PCAP_HEADER.writeUInt32LE(101, 20);

function recordHeader({ length }: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(length, 8);
  header.writeUInt32LE(length, 12);
  return header;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fot-hb-'));
  await makeSpaces();
  capture = await startCapture(join(directory, 'heartbeat.pcap'));
  left = startEnd(HERE);
  right = startEnd(THERE);
});

afterAll(async () => {
  left?.stop();
  right?.stop();
  capture?.kill('SIGTERM');
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

/** One at a time: over one pair of addresses each hears every other one's adverts. */
test.each(SPEAKERS)('$id: what one end sends, the other accepts', async (speaker) => {
  left.tell({ do: 'open', speaker });
  right.tell({ do: 'open', speaker: turned(speaker) });
  await Promise.all([left, right].map((end) => says(end, ({ id, open }) => id === speaker.id && open === true)));
  left.tell({ do: 'send', id: speaker.id, priority: 200 });
  right.tell({ do: 'send', id: speaker.id, priority: 100 });
  const isHeard = ({ id, heard }: Line) => id === speaker.id && heard !== undefined;
  const { advertise } = speaker.heartbeat;
  const addresses = advertise === 'vips' ? speaker.vips : advertise === 'none' ? [] : advertise;
  expect((await says(right, isHeard)).heard).toEqual({ priority: 200, interval: 1000, addresses });
  expect((await says(left, isHeard)).heard).toEqual({ priority: 100, interval: 1000, addresses });
});

const VRRP_FIELDS = ['vrrp.version', 'vrrp.prio', 'vrrp.addr_count', 'vrrp.auth_string', 'frame.protocols'];
const VERDICT_FIELDS = ['vrrp.checksum.status', '_ws.malformed', '_ws.expert'];
const FINE: Row = { 'vrrp.checksum.status': '1', '_ws.malformed': '', '_ws.expert': '' };

/** Version, priority, number of addresses and password of every advert in a capture, with which nothing is wrong. */
async function fineAdverts(file: string): Promise<string[]> {
  const rows = await decoded(file, [...VRRP_FIELDS, ...VERDICT_FIELDS]);
  const adverts = rows.filter((row) => row['frame.protocols']?.includes('vrrp'));
  for (const row of adverts) expect(row).toMatchObject(FINE);
  return adverts.map((row) =>
    VRRP_FIELDS.slice(0, 4)
      .map((field) => row[field])
      .join(' ')
      .trim(),
  );
}

test('tshark decodes every packet and finds neither a wrong checksum nor a malformed field', async () => {
  const captured = join(directory, 'heartbeat.pcap');
  const both = (text: string) => [text, text.replace(' 200 ', ' 100 ')].sort();
  const wanted = [
    '2 200 2',
    '2 200 0',
    '2 200 2 ISV-test',
    '2 200 0 short',
    '3 200 2',
    '3 200 0',
    '3 200 255',
    '3 200 1',
  ];
  const expected = wanted.flatMap(both).sort();
  // The capture may be behind.
  let adverts: string[] = [];
  await until(
    async () => {
      adverts = (await fineAdverts(captured)).sort();
      return adverts.length >= expected.length;
    },
    PATIENCE,
    300,
  );
  expect(adverts).toEqual(expected);

  const unwrapped = join(directory, 'udp.pcap');
  await unwrapUdp(captured, unwrapped);
  expect((await fineAdverts(unwrapped)).sort()).toEqual(['3 200 2', '3 200 1'].flatMap(both).sort());
});

test('the headers are those that keepalived sends', async () => {
  const fields = ['ip.proto', 'ip.ttl', 'ip.dsfield', 'ip.flags.df', 'ipv6.hlim', 'ipv6.tclass', 'frame.protocols'];
  const rows = await decoded(join(directory, 'heartbeat.pcap'), fields);
  const adverts = rows.filter((row) => row['frame.protocols']?.includes('vrrp'));
  for (const row of adverts) {
    if (row['ip.proto'] === '112')
      expect(row).toMatchObject({ 'ip.ttl': '255', 'ip.dsfield': '0xc0', 'ip.flags.df': '0' });
    else expect(row).toMatchObject({ 'ipv6.hlim': '255', 'ipv6.tclass': '0x000000c0' });
  }
  expect(adverts.some((row) => row['ip.proto'] === '112') && adverts.some((row) => row['ipv6.hlim'] === '255')).toBe(
    true,
  );
});

test('what came a long way, and what is for a multicast group, is not accepted', async () => {
  const advert = { version: 3, virtualRouterId: 51, priority: 77, interval: 1000 } as const;
  const hexOf = (source: string, destination: string, addresses: readonly string[]) =>
    Buffer.from(encodeAdvert({ ...advert, addresses }, { source, destination })).toString('hex');
  right.lines.splice(0);
  // All speakers of the right end that are left hear what comes from here: the one of version 3 is asked.
  left.tell({ do: 'raw', local: A4, peer: '224.0.0.18', ttl: 255, hex: hexOf(A4, '224.0.0.18', ['10.0.0.4']) });
  left.tell({ do: 'raw', local: A4, peer: B4, ttl: 254, hex: hexOf(A4, B4, ['10.0.0.4']) });
  left.tell({ do: 'raw', local: A6, peer: B6, ttl: 254, hex: hexOf(A6, B6, ['fd00::4']) });
  await says(right, ({ id, rejected }) => id === 'v3' && rejected === 'ttl');
  await says(right, ({ id, rejected }) => id === 'v3-ipv6' && rejected === 'ttl');
  expect(right.lines.filter(({ heard }) => heard !== undefined)).toEqual([]);
  expect(right.lines.filter(({ id, rejected }) => id === 'v3' && rejected !== undefined)).toHaveLength(1);
  expect(right.lines.filter(({ id, rejected }) => id === 'v3-ipv6' && rejected !== undefined)).toHaveLength(1);
});
