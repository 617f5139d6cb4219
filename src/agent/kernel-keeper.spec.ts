import { expect, it } from 'vitest';
import { loadedFor, ROUTERS, referenceConfig } from '../../test/simulation/deployment.ts';
import type { KernelFinding } from '../linux/index.ts';
import type { LogEvent } from '../observe/index.ts';
import { createKernelKeeper } from './kernel-keeper.ts';

const FORWARDING: KernelFinding = {
  setting: 'net.ipv4.ip_forward',
  value: '0',
  wanted: '1',
  remedy: { path: 'ipv4/ip_forward', value: '1' },
  why: 'otherwise this router forwards no IPv4 traffic',
};

function keeper(kernel: 'report' | 'enforce', mode: 'active' | 'observe', failure?: string) {
  const log: LogEvent[] = [];
  const corrected: string[] = [];
  const asked: (readonly string[])[] = [];
  let findings: readonly KernelFinding[] = [FORWARDING];
  const loaded = loadedFor('vrouter1', { ...referenceConfig(ROUTERS.slice(0, 2)), kernel, mode });
  const { keep } = createKernelKeeper({
    loaded: () => loaded,
    check(devices) {
      asked.push(devices);
      return findings;
    },
    correct({ setting }) {
      corrected.push(setting);
      if (failure === undefined) findings = [];
      return failure;
    },
    log: (event) => log.push(event),
  });
  return { keep, log, corrected, asked, find: (found: readonly KernelFinding[]) => (findings = found) };
}

it('report names a setting once, for as long as it stays so, and changes nothing', () => {
  const { keep, log, corrected, asked, find } = keeper('report', 'active');
  keep();
  keep();
  expect(log).toEqual([
    { event: 'kernel-finding', setting: 'net.ipv4.ip_forward', value: '0', detail: FORWARDING.why },
  ]);
  find([]);
  keep();
  find([FORWARDING]);
  keep();
  expect(log).toHaveLength(2);
  expect(corrected).toEqual([]);
  expect(asked[0]).toEqual(['ens3', 'ens5', 'ens6']);
});

it('enforce corrects it, also when it is undone', () => {
  const { keep, log, corrected, find } = keeper('enforce', 'active');
  keep();
  keep();
  find([FORWARDING]);
  keep();
  expect(corrected).toEqual(['net.ipv4.ip_forward', 'net.ipv4.ip_forward']);
  expect(log[0]).toEqual({ event: 'kernel-corrected', setting: 'net.ipv4.ip_forward', from: '0', to: '1' });
  expect(log).toHaveLength(2);
});

it('enforce that may not write says so once', () => {
  const { keep, log } = keeper('enforce', 'active', 'EROFS: read-only file system');
  keep();
  keep();
  expect(log).toMatchObject([{ event: 'kernel-finding', failure: 'EROFS: read-only file system' }]);
});

it('a router that only observes leaves the kernel as it is', () => {
  const { keep, corrected } = keeper('enforce', 'observe');
  keep();
  expect(corrected).toEqual([]);
});
