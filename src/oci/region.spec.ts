import { describe, expect, it } from 'vitest';
import { locate } from './region.ts';

const auto = { region: 'auto' };

describe('locate', () => {
  it.each([
    [
      'the full name',
      { canonicalRegionName: 'eu-frankfurt-1', region: 'eu-frankfurt-1' },
      'eu-frankfurt-1',
      'oraclecloud.com',
    ],
    ['a region key', { region: 'iad' }, 'us-ashburn-1', 'oraclecloud.com'],
    ['a realm the SDK knows', { canonicalRegionName: 'us-gov-phoenix-1' }, 'us-gov-phoenix-1', 'oraclegovcloud.com'],
    [
      'a realm only metadata knows',
      { canonicalRegionName: 'xx-new-1', regionInfo: { realmDomainComponent: 'oraclecloud99.com' } },
      'xx-new-1',
      'oraclecloud99.com',
    ],
    ['a region nobody knows', { region: 'xx-new-2' }, 'xx-new-2', 'oraclecloud.com'],
  ])('takes %s', (_what, instance, region, domain) => {
    expect(locate(instance, auto)).toEqual({
      region,
      federation: `https://auth.${region}.${domain}`,
      network: `https://iaas.${region}.${domain}`,
    });
  });

  it('lets the configuration win', () => {
    const endpoints = { federation: 'https://auth.local:8443/v1', network: 'https://vcn.local/20160918' };
    expect(locate({ region: 'iad' }, { region: 'uk-london-1', endpoints })).toEqual({
      region: 'uk-london-1',
      federation: 'https://auth.local:8443',
      network: 'https://vcn.local',
    });
  });

  it('says what to do without a region', () => {
    expect(() => locate({}, auto)).toThrow('set oci.region');
  });
});
