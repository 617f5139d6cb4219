/**
 * Floods of forged adverts while the election runs: from the address and port of the peer with a wrong signature, and from
 * strangers. keepalived gets as many of its own kind, which has no signature.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import { encodeAdvert, sequenceAt, signDatagram } from '../../src/dgram-vrrp/index.ts';
import { now, sleep } from '../lab/clock.ts';
import { type Flooder, startFlooder } from '../lab/flooder.ts';
import { packetOf, rawPacketOf } from '../lab/inject.ts';
import { rejectedBetween, type Samples, scrape, transitionsIn } from '../lab/metrics.ts';
import { TRANSIT } from '../lab/plan.ts';
import type { Recorder, Sample } from './figures.ts';
import { bucketsOf, difference, histogramQuantile } from './histogram.ts';
import { VERSION_3_VIP } from './keepalived.ts';
import { cpuMilliseconds, residentMegabytes } from './proc.ts';
import { BACKUP, MASTER, type Stand } from './stand.ts';

const PORT = 8112;
const VRID = 51;
/** Of VRRP itself. */
const PROTOCOL = 112;
/** Milliseconds of one order to the flooder where packets are signed: their time has to stay within the window. */
const SLICE = 1_000;
/** What is signed now is still after the peer's own datagrams, and within the window, when its slice ends. */
const AHEAD = 2_000;
/** Milliseconds of a flood on each router. */
const DURATION = 8_000;
const KEEPALIVED_DURATION = 3_000;
const STRANGERS = 1_000;
const LATENESS = 'failoverd_heartbeat_lateness_seconds';
const NONE = { of: 'max', limit: 0 } as const;
/** Packets a second. */
const OF_PEER = 5_000;
const OF_STRANGERS = 100_000;
/** What is asked of the flooder: it may lose a part of it to others on its processor. */
const MARGIN = 1.1;

interface Flood {
  readonly what: string;
  /** Packets a second, at least. */
  readonly rate: number;
  /** Milliseconds; undefined: as long as the flood. */
  readonly slice?: number;
  /** Packets for one router, made anew for each slice. */
  readonly packets: (router: string) => readonly Buffer[];
}

/** Both paths on which a router hears the other. */
function pathsTo({ lab }: Stand, router: string): readonly { readonly source: string; readonly destination: string }[] {
  const nicsOf = (name: string) => lab.plan.routers.find((each) => each.name === name)?.nics ?? {};
  const peer = router === MASTER ? BACKUP : MASTER;
  return [TRANSIT, 'ens5'].map((nic) => ({
    source: nicsOf(peer)[nic]?.address ?? '',
    destination: nicsOf(router)[nic]?.address ?? '',
  }));
}

/** Priority 0 makes a backup take over at once, 255 makes a master yield, if it is believed. */
const temptation = (router: string): number => (router === BACKUP ? 0 : 255);

function fromPeer(stand: Stand, router: string): Buffer[] {
  const key = createSecretKey(randomBytes(32));
  return pathsTo(stand, router).map((path) => {
    const { interval } = stand;
    const advert = {
      version: 3,
      virtualRouterId: VRID,
      priority: temptation(router),
      interval,
      addresses: [],
    } as const;
    const pdu = encodeAdvert(advert, path);
    const signed = signDatagram(pdu, path.source, { id: 1, key }, sequenceAt(Date.now() + AHEAD));
    return packetOf({ ...path, sourcePort: PORT, port: PORT, payload: Buffer.from(signed).toString('base64') });
  });
}

function fromStrangers(stand: Stand, router: string): Buffer[] {
  const [own] = pathsTo(stand, router);
  if (own === undefined) return [];
  const advert = encodeAdvert(
    { version: 3, virtualRouterId: VRID, priority: temptation(router), interval: stand.interval, addresses: [] },
    own,
  );
  const payload = Buffer.from(advert).toString('base64');
  return Array.from({ length: STRANGERS }, (_, index) => {
    const source = `198.51.${100 + (index >> 8)}.${index & 0xff}`;
    return packetOf({ ...own, source, sourcePort: PORT, port: PORT, payload });
  });
}

/** As keepalived's own, which has no signature that could be wrong. */
function keepalivedFromPeer(stand: Stand, router: string): Buffer[] {
  const [path] = pathsTo(stand, router);
  if (path === undefined) return [];
  const [address = ''] = VERSION_3_VIP.split('/');
  const advert = encodeAdvert(
    { version: 3, virtualRouterId: VRID, priority: temptation(router), interval: stand.interval, addresses: [address] },
    path,
  );
  return [rawPacketOf({ ...path, protocol: PROTOCOL, ttl: 255 }, Buffer.from(advert))];
}

/** Runs a flood and answers the rate that was really reached, packets a second. */
async function run(flooder: Flooder, flood: Flood, router: string, duration: number): Promise<number> {
  if (flood.rate === 0) {
    await sleep(duration);
    return 0;
  }
  let sent = 0;
  const startedAt = now();
  while (now() < startedAt + duration) {
    const packets = flood.packets(router).map((packet) => packet.toString('base64'));
    sent += (await flooder.send({ packets, rate: flood.rate * MARGIN, duration: flood.slice ?? duration })).sent;
  }
  return (sent / (now() - startedAt)) * 1000;
}

async function scrapeBoth(): Promise<readonly [Samples, Samples]> {
  return [await scrape(MASTER), await scrape(BACKUP)];
}

async function floodRouter(stand: Stand, recorder: Recorder, flooder: Flooder, flood: Flood, router: string) {
  const section = `${flood.what}, adverts each ${stand.interval} ms`;
  const { pid } = stand.lab.daemon(router);
  const before = await scrapeBoth();
  const cpuBefore = cpuMilliseconds(pid);
  const memoryBefore = residentMegabytes(pid);
  const startedAt = now();
  const reached = await run(flooder, flood, router, DURATION);
  const seconds = (now() - startedAt) / 1000;
  const cpu = (cpuMilliseconds(pid) - cpuBefore) / seconds;
  // A timer that is late because of the flood is counted when it fires.
  await sleep(stand.interval * 4);
  const after = await scrapeBoth();

  const role = router === MASTER ? 'the master' : 'the backup';
  const own = router === MASTER ? 0 : 1;
  const seen = [...rejectedBetween(before[own], after[own]).values()].reduce((sum, count) => sum + count, 0);
  const moved = before.map((samples, index) => transitionsIn(after[index] ?? samples) - transitionsIn(samples));
  recorder.add(
    {
      section,
      what: `on ${role}: sent a second`,
      unit: '',
      ...(flood.rate > 0 && { goal: { of: 'min', limit: flood.rate } as const }),
    },
    reached,
  );
  recorder.add({ section, what: `on ${role}: looked at and rejected a second`, unit: '' }, seen / seconds);
  const transitions: Sample = { section, what: `on ${role}: transitions of both routers`, unit: '', goal: NONE };
  recorder.add(
    transitions,
    moved.reduce((sum, count) => sum + count, 0),
  );
  recorder.add({ section, what: `on ${role}: its CPU time a second`, unit: 'ms' }, cpu);
  const grown = residentMegabytes(pid) - memoryBefore;
  recorder.add({ section, what: `on ${role}: resident memory grew by`, unit: 'MB' }, grown);
  // Only a master sends adverts.
  const late = difference(bucketsOf(after[0], LATENESS), bucketsOf(before[0], LATENESS));
  recorder.add(
    {
      section,
      what: `on ${role}: lateness of the master's adverts p99.9 (between its buckets)`,
      unit: 'ms',
      events: late.at(-1)?.count ?? 0,
    },
    histogramQuantile(late, 0.999) * 1000,
  );
}

async function floodKeepalived(stand: Stand, recorder: Recorder, flooder: Flooder, flood: Flood, router: string) {
  const { keepalived } = stand;
  if (keepalived === undefined) return;
  const section = `${flood.what}, adverts each ${stand.interval} ms`;
  const role = router === MASTER ? 'the master' : 'the backup';
  const startedAt = now();
  await run(flooder, flood, router, KEEPALIVED_DURATION);
  await sleep(stand.interval * 10);
  const transitions = await keepalived.transitions(startedAt);
  recorder.add({ section, what: `on ${role}: ${keepalived.name}: transitions of both routers`, unit: '' }, transitions);
  if (transitions > 0) await sleep(stand.interval * 10);
}

export async function measureFlood(stand: Stand, recorder: Recorder, progress: (text: string) => void): Promise<void> {
  const ofPeer = `forged adverts with the address and port of the peer, ${OF_PEER} a second`;
  const ofStrangers = `forged adverts from ${STRANGERS} strangers' addresses, ${OF_STRANGERS} a second`;
  const floods: readonly Flood[] = [
    { what: 'no forged adverts, to compare with', rate: 0, packets: () => [] },
    { what: ofPeer, rate: OF_PEER, slice: SLICE, packets: (router) => fromPeer(stand, router) },
    { what: ofStrangers, rate: OF_STRANGERS, packets: (router) => fromStrangers(stand, router) },
  ];
  const flooder = await startFlooder();
  try {
    for (const flood of floods) {
      for (const router of [BACKUP, MASTER]) {
        progress(`${flood.what}: ${router}`);
        await stand.settled();
        await floodRouter(stand, recorder, flooder, flood, router);
      }
    }
    const flood: Flood = { what: ofPeer, rate: OF_PEER, packets: (router) => keepalivedFromPeer(stand, router) };
    for (const router of [BACKUP, MASTER]) {
      progress(`keepalived, ${flood.what}: ${router}`);
      await floodKeepalived(stand, recorder, flooder, flood, router);
    }
  } finally {
    flooder.stop();
  }
}
