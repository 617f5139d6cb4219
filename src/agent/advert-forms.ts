import type { Config, GroupConfig } from '../config/index.ts';
import { addressFamily, type DecodeContext, type EncodeContext, type V2Authentication } from '../dgram-vrrp/index.ts';
import type { Path } from './paths.ts';

/** Adverts of one group on one path; without a group, those of a virtual router that is not configured. */
export interface AdvertForm {
  readonly group: GroupConfig | undefined;
  readonly addresses: readonly string[];
  readonly encode: EncodeContext;
  readonly decode: DecodeContext;
}

/** By VRID; `undefined` stands for every other one. */
export function advertForms(config: Config, { local, peer }: Path): ReadonlyMap<number | undefined, AdvertForm> {
  const encode = { source: local, destination: peer };
  const decode = {
    family: addressFamily(local) ?? 'ipv4',
    source: peer,
    destination: local,
    allowEmptyAddressList: true,
    minTtl: config.heartbeat.minTtl,
  };
  const forms = new Map<number | undefined, AdvertForm>([
    [undefined, { group: undefined, addresses: [], encode, decode }],
  ]);
  for (const group of config.groups) {
    const { virtualRouterId } = group;
    const { version, interval } = group.heartbeat;
    const authentication = v2AuthenticationOf(group);
    forms.set(virtualRouterId, {
      group,
      addresses: advertisedAddresses(group, local),
      encode: { ...encode, authentication },
      decode: { ...decode, version, virtualRouterId, interval, authentication },
    });
  }
  return forms;
}

/** The address list on the wire: only addresses of the path's own family fit. */
function advertisedAddresses(group: GroupConfig, local: string): readonly string[] {
  const { advertise } = group.heartbeat;
  if (advertise === 'none') return [];
  const all =
    advertise === 'vips' ? group.interfaces.flatMap(({ vips }) => vips.map(({ address }) => address)) : advertise;
  return all.filter((address) => addressFamily(address) === addressFamily(local));
}

/** VRRPv2's own authentication; a signature comes after the advert. */
function v2AuthenticationOf({ heartbeat: { auth } }: GroupConfig): V2Authentication {
  return auth.mode === 'password' ? { kind: 'password', password: auth.password?.text ?? '' } : { kind: 'none' };
}
