/** The link events of a router as iproute2 hears them, beside the daemon and with the same kernel's word. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { sleep, wallClockOffset } from '../lab/clock.ts';
import { namespaceOf } from '../lab/namespaces.ts';

export interface LinkEvents {
  /** When the first event of an interface at or after `since` was read, on the lab's clock. */
  first(nic: string, since: number): number | undefined;
  stop(): void;
}

/** `[2026-11-20T10:00:00.123456] 3: ens5@if7: <BROADCAST,MULTICAST> mtu 9000 …` */
const LINE = /^\[([^\]]+)\] (?:Deleted )?\d+: ([^:@]+)/;
/** Milliseconds until `ip monitor` listens: it does not say when. */
const LISTENS = 300;

/** The time in a line of `ip -ts monitor link`, Unix time in milliseconds with their fraction, and the interface. */
export function readLinkEvent(line: string): { readonly wall: number; readonly nic: string } | undefined {
  const [, stamp = '', nic = ''] = LINE.exec(line) ?? [];
  const [seconds = '', fraction = ''] = stamp.split('.');
  // Without a zone: local time, as iproute2 writes it.
  const wall = Date.parse(seconds) + Number(`0.${fraction}`) * 1000;
  return Number.isFinite(wall) && nic !== '' ? { wall, nic } : undefined;
}

export async function watchLinkEvents(router: string): Promise<LinkEvents> {
  const offset = wallClockOffset();
  const events: { readonly at: number; readonly nic: string }[] = [];
  const child = spawn('ip', ['-n', namespaceOf(router), '-ts', 'monitor', 'link'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = readLinkEvent(line);
    if (event !== undefined) events.push({ at: event.wall - offset, nic: event.nic });
  });
  await sleep(LISTENS);
  return {
    first: (nic, since) => events.find((event) => event.nic === nic && event.at >= since)?.at,
    stop: () => void child.kill('SIGTERM'),
  };
}
