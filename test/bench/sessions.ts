/** Which measurements there are, and which of them share a lab. */
import { measureClaims } from './claims.ts';
import { FAULT_NAMES, type FaultName, measureFaults } from './faults.ts';
import type { Recorder } from './figures.ts';
import { measureFlood } from './flood.ts';
import { measureIdle } from './idle.ts';
import { measureLateness } from './lateness.ts';
import { measureLinkEvents } from './link-event.ts';
import { withStand } from './stand.ts';
import { FEDERATION_LATENCY, measureTokenEnd, measureWarmth } from './warmth.ts';

/** For `--only`. */
export const MEASUREMENTS: readonly { readonly name: string; readonly title: string }[] = [
  { name: 'crash', title: "SIGKILL to the master's daemon" },
  { name: 'link-down', title: 'a tracked link of the master goes down' },
  { name: 'stop', title: "SIGTERM to the master's daemon" },
  { name: 'planned', title: 'failover by the control socket' },
  { name: 'again', title: 'a link goes down again as soon as the VIPs are back, or just before' },
  { name: 'idle', title: 'memory and CPU of a quiet minute, and a crash after it' },
  { name: 'claims', title: '3 and 24 VIPs with an API that takes 200 ms' },
  { name: 'link-event', title: "from the kernel's word on a link to the resignation" },
  { name: 'warmth', title: 'takeovers after 1 s and after 60 s of quiet, and when the token ends' },
  { name: 'flood', title: 'forged adverts from the address of the peer and from strangers' },
  { name: 'lateness', title: 'the heartbeat while tokens are refreshed and 24 VIPs claimed' },
];

/** One lab and what is measured in it. */
export type Session = (recorder: Recorder, progress: (text: string) => void) => Promise<void>;

const VIPS_PER_SUBNET = 8;
const TOKEN_LIFETIME = 6_000;
/** Longer: it has to be foreseen when it ends. */
const TOKEN_END_LIFETIME = 12_000;

/** The sessions for some measurements, all when none is named. */
export function chosenSessions(names: readonly string[], runs: number): Session[] {
  const wanted = (name: string): boolean => names.length === 0 || names.includes(name);
  // What is not read again yet does not depend on the interval.
  const once = ['again'];
  const faults: readonly FaultName[] = FAULT_NAMES.filter(wanted);
  const half = Math.ceil(runs / 2);
  const some = Math.ceil(runs / 3);
  const few = Math.ceil(runs / 4);
  const elsewhere = faults.filter((name) => !once.includes(name));
  const sessions: Session[] = [];

  if (faults.length > 0 || wanted('idle') || wanted('claims')) {
    sessions.push((recorder, progress) =>
      withStand({ interval: 200, keepalived: { version: 3 } }, async (stand) => {
        if (wanted('idle')) await measureIdle(stand, recorder, progress);
        await measureFaults(stand, recorder, faults, runs, progress);
        if (wanted('claims')) await measureClaims(stand, recorder, some, progress);
      }),
    );
  }
  if (wanted('claims')) {
    sessions.push((recorder, progress) =>
      withStand({ interval: 200, vipsPerSubnet: VIPS_PER_SUBNET }, (stand) =>
        measureClaims(stand, recorder, some, progress),
      ),
    );
  }
  if (elsewhere.length > 0) {
    sessions.push((recorder, progress) =>
      withStand({ interval: 100, keepalived: { version: 3 } }, (stand) =>
        measureFaults(stand, recorder, elsewhere, half, progress),
      ),
    );
    sessions.push((recorder, progress) =>
      withStand({ interval: 1000, keepalived: { version: 2 } }, (stand) =>
        measureFaults(stand, recorder, elsewhere, few, progress),
      ),
    );
  }
  if (wanted('link-event') || wanted('warmth')) {
    sessions.push((recorder, progress) =>
      withStand({ interval: 200 }, async (stand) => {
        if (wanted('link-event')) await measureLinkEvents(stand, recorder, 2 * runs, progress);
        if (wanted('warmth')) await measureWarmth(stand, recorder, some + 1, progress);
      }),
    );
  }
  if (wanted('warmth')) {
    const parameters = { tokenLifetime: TOKEN_END_LIFETIME, latency: { Federation: FEDERATION_LATENCY } };
    sessions.push((recorder, progress) =>
      withStand({ interval: 200, parameters }, (stand) =>
        measureTokenEnd(stand, recorder, TOKEN_END_LIFETIME, some, progress),
      ),
    );
  }
  if (wanted('flood')) {
    sessions.push((recorder, progress) =>
      withStand({ interval: 100, keepalived: { version: 3 }, uncaptured: true }, (stand) =>
        measureFlood(stand, recorder, progress),
      ),
    );
  }
  if (wanted('lateness')) {
    sessions.push((recorder, progress) =>
      withStand(
        { interval: 20, vipsPerSubnet: VIPS_PER_SUBNET, parameters: { tokenLifetime: TOKEN_LIFETIME } },
        (stand) => measureLateness(stand, recorder, TOKEN_LIFETIME, progress),
      ),
    );
  }
  return sessions;
}
