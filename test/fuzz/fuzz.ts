/**
 * Damaged datagrams through the whole receive path of whole routers: transport listener, decoders, HMAC, replay marks,
 * peers, election. Nine in ten are mutations of what the peer really sent, which nobody may believe: each has to be
 * counted as rejected, and the pair's state must not change. One in ten is damaged first and signed with the right key
 * then, for another pair: nothing of that may throw or pile up, whatever it makes the routers believe.
 */
import { createSecretKey } from 'node:crypto';
import { createSequencer, type ReceivedDatagram, signDatagram, TRAILER_LENGTH } from '../../src/dgram-vrrp/index.ts';
import { mutate } from './mutate.ts';
import { createPair, type Member, type Pair } from './pair.ts';
import { createRandom, type Random } from './random.ts';

export interface FuzzOptions {
  readonly datagrams: number;
  readonly seed: number;
  readonly onProgress?: (done: number) => void;
}

export interface FuzzReport {
  readonly sent: number;
  readonly signed: number;
  /** Of those that were not signed again. */
  readonly rejected: ReadonlyMap<string, number>;
  /** What went wrong, a sentence each; empty when all is well. */
  readonly failures: readonly string[];
  /** Bytes of heap in use after the first tenth, and at the end. */
  readonly heap: { readonly before: number; readonly after: number };
  /** Milliseconds. */
  readonly took: number;
}

/** The routers' own clock goes on by a millisecond with each of so many datagrams: 10,000 a second. */
const PER_MILLISECOND = 10;
/** Until everybody is where they belong. */
const SETTLED = 10_000;
const SIGNED = 0.1;
/**
 * Heap that may be held more than before, half a byte for each datagram of a long run: compiled code, the history and
 * the simulated cloud go on growing with the routers' time. Without the signed ones it is the same with no datagrams.
 */
const GROWTH_LIMIT = 8 * 1024 * 1024;
const SLICE = 1000;
const MOST_FAILURES = 20;

const states = ({ members }: Pair): string =>
  members.map(({ name, router }) => `${name} ${router.status().groups[0]?.state}`).join(', ');

const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);

function heapInUse(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Some real datagram that this router has heard. */
function sample(member: Member, random: Random): ReceivedDatagram {
  const found = member.heard[random.below(member.heard.length)];
  if (found === undefined) throw new Error(`${member.name} has heard nothing`);
  return found;
}

export async function fuzz({ datagrams, seed, onProgress }: FuzzOptions): Promise<FuzzReport> {
  const random = createRandom(seed);
  const forged = createPair();
  const insider = createPair();
  const key = { id: 1, key: createSecretKey(new Uint8Array(32).fill(7)) };
  const sequencer = createSequencer(insider.wall);
  const failures: string[] = [];
  const startedAt = performance.now();
  await Promise.all([forged.run(SETTLED), insider.run(SETTLED)]);

  const fail = (text: string): void => void (failures.length < MOST_FAILURES && failures.push(text));
  const rejections = (): number => forged.members.reduce((count, { rejected }) => count + sum(rejected), 0);
  const transitions = (): number => forged.members.reduce((count, member) => count + member.transitions(), 0);
  const stateBefore = states(forged);
  const transitionsBefore = transitions();
  const rejectedBefore = rejections();
  if (stateBefore !== 'vrouter1 master, vrouter2 backup') fail(`the routers did not settle: ${stateBefore}`);

  function give(member: Member, datagram: ReceivedDatagram, at: number): void {
    try {
      member.receive(datagram);
    } catch (error) {
      const hex = Buffer.from(datagram.bytes).toString('hex');
      fail(`datagram ${at} made ${member.name} throw ${error instanceof Error ? error.stack : error}: ${hex}`);
    }
  }

  function signAgain(real: ReceivedDatagram): Uint8Array {
    const pdu = mutate(real.bytes.subarray(0, real.bytes.length - TRAILER_LENGTH), random);
    return signDatagram(pdu, real.source, key, sequencer.next());
  }

  let signed = 0;
  let heapBefore = 0;
  const warm = Math.max(SLICE, Math.floor(datagrams / 10 / SLICE) * SLICE);
  for (let sent = 0; sent < datagrams; ) {
    for (const end = Math.min(datagrams, sent + SLICE); sent < end; sent += 1) {
      const inside = random.chance(SIGNED);
      const member = random.pick((inside ? insider : forged).members);
      const real = sample(member, random);
      if (inside) signed += 1;
      give(member, { ...real, bytes: inside ? signAgain(real) : mutate(real.bytes, random) }, sent);
      if (sent % PER_MILLISECOND === 0) {
        await forged.run(1);
        await insider.run(1);
      }
    }
    if (sent === warm) heapBefore = heapInUse();
    onProgress?.(sent);
  }

  const counted = rejections() - rejectedBefore;
  if (counted !== datagrams - signed) fail(`${datagrams - signed} were to be rejected, ${counted} were counted`);
  if (states(forged) !== stateBefore) fail(`the state changed: ${states(forged)}`);
  if (transitions() !== transitionsBefore) fail(`${transitions() - transitionsBefore} transitions`);
  for (const member of [...forged.members, ...insider.members]) await looksWell(member, fail);
  const rejected = new Map<string, number>();
  for (const member of forged.members) {
    for (const [reason, count] of member.rejected) rejected.set(reason, (rejected.get(reason) ?? 0) + count);
  }
  const heap = { before: heapBefore, after: heapInUse() };
  if (globalThis.gc !== undefined && heap.after - heap.before > GROWTH_LIMIT) {
    fail(`the heap grew from ${heap.before} to ${heap.after} bytes`);
  }
  return { sent: datagrams, signed, rejected, failures, heap, took: performance.now() - startedAt };
}

/** What an admin and Prometheus ask still has an answer. */
async function looksWell(member: Member, fail: (text: string) => void): Promise<void> {
  try {
    JSON.stringify(member.router.status());
    await member.scrape();
  } catch (error) {
    fail(`${member.name} has no status any more: ${error instanceof Error ? error.stack : error}`);
  }
}
