/** What both cost while nothing happens, and whether a failover after that finds everything warm. */
import { sleep } from '../lab/clock.ts';
import { ALONE, addCrash } from './faults.ts';
import type { Recorder, Sample } from './figures.ts';
import { cpuMilliseconds, residentMegabytes } from './proc.ts';
import { BACKUP, MASTER, type Stand } from './stand.ts';
import { watchTakeover } from './takeover.ts';

const MINUTE = 60_000;
const MEMORY_GOAL = { of: 'max', limit: 110 } as const;
const NONE = { of: 'max', limit: 0 } as const;

/** Runs for a minute without a fault; then the master crashes. */
export async function measureIdle(stand: Stand, recorder: Recorder, progress: (text: string) => void): Promise<void> {
  const { lab, keepalived } = stand;
  const master = lab.daemon(MASTER).pid;
  const cpu = (pid: number | undefined): number => (pid === undefined ? 0 : cpuMilliseconds(pid));
  const besides = keepalived?.pid(MASTER);
  progress('a minute without a fault');
  const before = { own: cpu(master), besides: cpu(besides) };
  await sleep(MINUTE);
  const section = ALONE;
  const quiet = `in a quiet minute, adverts each ${stand.interval} ms`;
  const memory: Sample = {
    section,
    what: 'resident memory of the master after a quiet minute',
    unit: 'MB',
    goal: MEMORY_GOAL,
  };
  recorder.add(memory, residentMegabytes(master));
  const other = residentMegabytes(lab.daemon(BACKUP).pid);
  recorder.add({ ...memory, what: 'resident memory of the backup after a quiet minute' }, other);
  recorder.add({ section, what: `CPU time of the master ${quiet}`, unit: 'ms' }, cpu(master) - before.own);
  if (keepalived !== undefined && besides !== undefined) {
    const { name } = keepalived;
    recorder.add({ section, what: `${name}: resident memory`, unit: 'MB' }, residentMegabytes(besides));
    recorder.add({ section, what: `${name}: CPU time ${quiet}`, unit: 'ms' }, cpu(besides) - before.besides);
  }

  progress('a crash after it');
  const seen = await watchTakeover(stand, 5 * stand.interval, () => lab.daemon(MASTER).kill('SIGKILL'));
  const after = 'the first crash after a quiet minute';
  addCrash(recorder, stand, after, seen);
  recorder.add({ section: after, what: 'TLS handshakes in the failover', unit: '', goal: NONE }, seen.handshakes);
  recorder.add({ section: after, what: 'token requests in the failover', unit: '', goal: NONE }, seen.tokenRequests);
  lab.start(MASTER);
  await stand.settled();
}
