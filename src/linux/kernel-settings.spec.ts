import { describe, expect, it } from 'vitest';
import { checkKernelSettings, correctKernelSetting } from './kernel-settings.ts';

const HEALTHY = {
  'ipv4/ip_forward': '1\n',
  'ipv4/conf/all/rp_filter': '0\n',
  'ipv4/conf/ens3/rp_filter': '0\n',
  'ipv4/conf/ens5/rp_filter': '2\n',
  'ipv6/conf/all/forwarding': '1\n',
};

function check(files: Readonly<Record<string, string>>, ipv6 = false) {
  const read = (path: string): string => {
    const text = files[path.replace('/proc/sys/net/', '')];
    if (text === undefined) throw new Error('ENOENT');
    return text;
  };
  return checkKernelSettings({ devices: ['ens3', 'ens5'], ipv6, read });
}

const settings = (files: Readonly<Record<string, string>>, ipv6 = false) =>
  check({ ...HEALTHY, ...files }, ipv6).map(({ setting, value, wanted }) => [setting, value, wanted]);

describe('checkKernelSettings', () => {
  it('finds nothing wrong with a router', () => {
    expect(check(HEALTHY, true)).toEqual([]);
  });

  it('finds forwarding off', () => {
    expect(check({ ...HEALTHY, 'ipv4/ip_forward': '0\n' })).toEqual([
      {
        setting: 'net.ipv4.ip_forward',
        value: '0',
        wanted: '1',
        remedy: { path: 'ipv4/ip_forward', value: '1' },
        why: 'otherwise this router forwards no IPv4 traffic',
      },
    ]);
  });

  it('asks for IPv6 forwarding only with IPv6 VIPs', () => {
    const off = { 'ipv6/conf/all/forwarding': '0\n' };
    expect(settings(off)).toEqual([]);
    expect(settings(off, true)).toEqual([['net.ipv6.conf.all.forwarding', '0', '1']]);
  });

  it('finds strict reverse path filtering where it is in force: the greater of all and device', () => {
    expect(settings({ 'ipv4/conf/ens3/rp_filter': '1\n' })).toEqual([['net.ipv4.conf.ens3.rp_filter', '1', '0 or 2']]);
    expect(settings({ 'ipv4/conf/all/rp_filter': '1\n' })).toEqual([['net.ipv4.conf.all.rp_filter', '1', '0 or 2']]);
    expect(settings({ 'ipv4/conf/all/rp_filter': '2\n', 'ipv4/conf/ens3/rp_filter': '1\n' })).toEqual([]);
  });

  it('passes over a missing device, and says what cannot be read', () => {
    expect(check({})).toMatchObject([{ setting: 'net.ipv4.ip_forward', value: 'unreadable' }]);
  });

  it('reads this machine', () => {
    expect(Array.isArray(checkKernelSettings({ devices: ['lo'] }))).toBe(true);
  });
});

describe('correctKernelSetting', () => {
  it('leaves nothing to find', () => {
    const files: Record<string, string> = {
      ...HEALTHY,
      'ipv4/ip_forward': '0\n',
      'ipv4/conf/all/rp_filter': '1\n',
      'ipv4/conf/ens5/rp_filter': '0\n',
    };
    const findings = check(files);
    expect(findings).toHaveLength(3);
    for (const finding of findings) {
      const failure = correctKernelSetting(finding, (path, text) => {
        files[path.replace('/proc/sys/net/', '')] = text;
      });
      expect(failure).toBeUndefined();
    }
    expect(check(files)).toEqual([]);
    expect(files['ipv4/conf/all/rp_filter']).toBe('1\n');
  });

  it('says why it cannot', () => {
    const [finding] = check({ ...HEALTHY, 'ipv4/ip_forward': '0\n' });
    const refuse = () => {
      throw new Error('EROFS: read-only file system');
    };
    expect(finding && correctKernelSetting(finding, refuse)).toBe('EROFS: read-only file system');
  });
});
