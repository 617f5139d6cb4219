import { createSecretKey } from 'node:crypto';
import type { RouterReport } from '../../../src/control/api.ts';
import { encodePresence, type Presence, sequenceAt, signDatagram } from '../../../src/dgram-vrrp/index.ts';
import { sleep } from '../clock.ts';
import { type Injector, startInjector } from '../injector.ts';
import type { Lab } from '../lab.ts';
import { rejectedBetween, scrape } from '../metrics.ts';
import type { Scenario, StepContext } from '../scenario.ts';

const PORT = 8112;
const OTHER = 'vrouter3';
const SECONDS = 4;

/** What another release writes: its version and the least that can read it in the header, and sections of its own. */
function rewritten(bytes: Uint8Array, version: number, least: number): Uint8Array {
  const section = [99, 0, 5, 1, 2, 3, 4, 5];
  const copy = Uint8Array.from([...bytes, ...section]);
  copy[1] = version;
  copy[2] = least;
  new DataView(copy.buffer).setUint16(4, copy.length);
  return copy;
}

function presence(): Presence {
  return {
    router: OTHER,
    bootId: '00000000000000aa',
    configDigest: '00000000000000bb',
    ociReady: true,
    clock: Date.now(),
    wantsAnswer: false,
    challenge: '00000000000000cc',
    echoes: [],
    heard: [],
    links: [{ name: 'ens3', up: true }],
    groups: [],
  };
}

/** Sends a presence of vrouter3 to both routers each second, on the first path. */
async function speak(lab: Lab, injector: Injector, version: number, least: number): Promise<void> {
  const address = (name: string) => lab.plan.routers.find((each) => each.name === name)?.nics['ens3']?.address ?? '';
  const key = { id: 1, key: createSecretKey(await lab.key()) };
  const source = address(OTHER);
  for (let second = 0; second < SECONDS; second += 1) {
    const encoded = encodePresence(presence());
    if (!encoded.ok) throw new Error(encoded.error);
    const pdu = rewritten(encoded.bytes, version, least);
    const payload = Buffer.from(signDatagram(pdu, source, key, sequenceAt(Date.now()))).toString('base64');
    await injector.send(
      lab.members.map((name) => ({ source, sourcePort: PORT, destination: address(name), port: PORT, payload })),
    );
    await sleep(1_000);
  }
}

async function told(lab: Lab): Promise<readonly (RouterReport | undefined)[]> {
  const reports = await Promise.all(lab.members.map((name) => lab.status(name)));
  return reports.map((report) => report?.routers.find(({ name }) => name === OTHER));
}

async function older({ lab, check }: StepContext): Promise<void> {
  const injector = await startInjector();
  const before = await Promise.all(lab.members.map(scrape));
  await speak(lab, injector, 0, 0);
  const seen = await told(lab);
  check(
    'both hear the older release',
    seen.every((router) => router?.alive === true),
    `${seen.map((each) => each?.alive)}`,
  );
  check(
    'and read what they know of it',
    seen.every((router) => router?.ready === true),
    `${seen.map((each) => each?.ready)}`,
  );
  const after = await Promise.all(lab.members.map(scrape));
  const rejected = before.flatMap((samples, index) => [...rejectedBetween(samples, after[index] ?? samples).keys()]);
  check('nothing of it was rejected', rejected.length === 0, rejected.join(', ') || 'nothing');
  injector.stop();
}

async function newer({ lab, check }: StepContext): Promise<void> {
  const injector = await startInjector();
  const before = await Promise.all(lab.members.map(scrape));
  await speak(lab, injector, 9, 9);
  const after = await Promise.all(lab.members.map(scrape));
  const counts = before.map(
    (samples, index) => rejectedBetween(samples, after[index] ?? samples).get('presence-unsupported-version') ?? 0,
  );
  check(
    'a release that they would misunderstand is refused, and counted',
    counts.every((count) => count === SECONDS),
    counts.join(', '),
  );
  const seen = await told(lab);
  check(
    'it counts as silent',
    seen.every((router) => router?.alive === false),
    `${seen.map((each) => each?.alive)}`,
  );
  injector.stop();
}

export const olderPresence: Scenario = {
  name: 'older-presence',
  title:
    'A router of another release: an older presence with unknown sections is understood, an incompatible one refused.',
  options: { routers: 3, idle: [OTHER] },
  steps: [
    { title: 'vrouter3 speaks as an older release', expect: { master: 'vrouter1', moves: 0 }, act: older },
    { title: 'vrouter3 speaks as a release to come', expect: { master: 'vrouter1', moves: 0 }, act: newer },
  ],
};
