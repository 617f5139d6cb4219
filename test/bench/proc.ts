/** What processes cost, by /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** A process and its descendants. */
export function familyOf(pid: number): number[] {
  const children = tasksOf(pid).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(familyOf)];
}

/** VmRSS of a process and its descendants, in MB of 10⁶ bytes. */
export function residentMegabytes(pid: number): number {
  const kibibytes = familyOf(pid).map((member) => {
    const [, size = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${member}/status`)) ?? [];
    return Number(size);
  });
  return (sum(kibibytes) * 1024) / 1e6;
}

/** CPU time that a process, its threads and its descendants have used, in milliseconds, as the scheduler counts it. */
export function cpuMilliseconds(pid: number): number {
  const nanoseconds = familyOf(pid).flatMap((member) =>
    tasksOf(member).map((task) => Number(read(`/proc/${member}/task/${task}/schedstat`).split(' ')[0] ?? 0)),
  );
  return sum(nanoseconds) / 1e6;
}

/** How long the main thread was ready to run and had no processor, in milliseconds. */
export function waitedForProcessor(pid: number): number {
  return Number(read(`/proc/${pid}/task/${pid}/schedstat`).split(' ')[1] ?? 0) / 1e6;
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Empty for a process that is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
