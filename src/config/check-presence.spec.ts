import { describe, expect, it } from 'vitest';
import { lines, load } from './load.test-support.ts';

/** A file with so many routers, groups, and VIPs in each group. */
function fileWith({ routers, groups, vips }: { routers: number; groups: number; vips: number }): string {
  const times = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index));
  const names = times(routers, (index) => `vrouter${index + 1}`);
  return [
    'cluster: pods',
    'routers:',
    ...names.map((name, index) => `  ${name}: { addresses: [172.20.0.${10 + index}, 172.21.0.${10 + index}] }`),
    'heartbeat:',
    '  auth: { keys: { 1: "file:/key" }, active_key: 1 }',
    'groups:',
    ...times(groups, (group) => {
      const addresses = times(vips, (index) => `10.${group}.${index >> 6}.${10 + (index & 63)}`);
      return [
        `  g${group + 1}:`,
        `    virtual_router_id: ${group + 1}`,
        `    priority: { ${names.map((name, index) => `${name}: ${200 - index}`).join(', ')} }`,
        '    interfaces:',
        `      ens${group}: { vips: [${addresses.join(', ')}] }`,
      ].join('\n');
    }),
    '',
  ].join('\n');
}

const checked = (size: { routers: number; groups: number; vips: number }) =>
  lines(load(fileWith(size), { hostname: 'vrouter1' }));

describe('the presence datagram', () => {
  it('has room for 255 VIPs in each of five groups on three routers', () => {
    expect(checked({ routers: 3, groups: 5, vips: 255 })).toEqual(['ok']);
  });

  it('has room for 16 groups on three routers', () => {
    expect(checked({ routers: 3, groups: 16, vips: 3 })).toEqual(['ok']);
  });

  it('is not blamed for a name that no presence can carry', () => {
    const text = fileWith({ routers: 2, groups: 1, vips: 1 }).replaceAll('vrouter2', '"v router2"');
    const found = lines(load(text, { hostname: 'vrouter1' }));
    expect(found).toHaveLength(2);
    for (const line of found) expect(line).toContain('the name is "v router2"');
  });

  it('that would not fit is a mistake of the file, not of the night in which it is not sent', () => {
    expect(checked({ routers: 4, groups: 30, vips: 3 })).toEqual([
      'f.yaml:9:1: groups: make a presence datagram of more than 1200 bytes (4 routers, 30 groups and 30 interfaces), allowed: fewer of them, or shorter names',
    ]);
  });
});
