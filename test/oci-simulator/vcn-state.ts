/** The simulated VCN: its objects, who holds which address, and the journal's view of every change of it. */
import { isIPv6 } from 'node:net';
import { createRegister, type Register, type Tagged } from './register.ts';
import type {
  ExtendRequest,
  InstanceSpec,
  JournalEntry,
  SubnetSpec,
  Topology,
  VipSpec,
  VipState,
  VnicSpec,
  VnicState,
} from './types.ts';

/** Objects of the topology were there before any lag a read could have. */
const ALWAYS = Number.NEGATIVE_INFINITY;

type Tags = Readonly<Record<string, string>>;

/** A PrivateIp or an Ipv6. */
export interface AddressObject {
  readonly id: string;
  readonly family: 4 | 6;
  readonly address: string;
  readonly subnetId: string;
  readonly vnicId: string | undefined;
  readonly isPrimary: boolean;
  readonly displayName: string;
  readonly hostnameLabel: string | undefined;
  readonly freeformTags: Tags;
  readonly timeCreated: string;
}

export interface VnicObject {
  readonly id: string;
  readonly displayName: string;
  readonly skipSourceDestCheck: boolean;
  readonly freeformTags: Tags;
}

/** A VNIC with the instance it is attached to. */
export interface AttachedVnic {
  readonly spec: VnicSpec;
  readonly instance: InstanceSpec;
  readonly subnet: SubnetSpec;
  readonly primary: boolean;
  readonly register: Register<VnicObject>;
}

/** Who asked for a change: a router's request, or nobody (console work). */
export interface Author {
  readonly instance: string | null;
  readonly request: number | null;
}

/** What the journal gets to know about a change of holder. */
export type OwnershipChange = Omit<JournalEntry, 'id' | 'fabricAt'>;

export interface VcnState {
  readonly subnets: ReadonlyMap<string, SubnetSpec>;
  readonly vnics: ReadonlyMap<string, AttachedVnic>;
  readonly addresses: ReadonlyMap<string, Register<AddressObject>>;
  instanceById(id: string): InstanceSpec | undefined;
  instanceBySource(source: string): InstanceSpec | undefined;
  vnicsOf(instanceName: string): readonly AttachedVnic[];
  /** The newest state of a secondary address, by OCID or address. */
  findVip(idOrAddress: string): Tagged<AddressObject> | undefined;
  /** The VNIC of an instance in a subnet. */
  vnicIn(instanceName: string, subnetId: string): AttachedVnic | undefined;
  /** Stores a new version of an address; tells the journal when its VNIC changed. */
  put(value: AddressObject, author: Author): void;
  remove(id: string, author: Author): void;
  extend(addition: ExtendRequest): void;
  vipStates(): readonly VipState[];
  vnicStates(): readonly VnicState[];
}

export function createVcnState(
  topology: Topology,
  now: () => number,
  onChange: (change: OwnershipChange) => void,
): VcnState {
  const subnets = new Map<string, SubnetSpec>();
  const vnics = new Map<string, AttachedVnic>();
  const addresses = new Map<string, Register<AddressObject>>();

  const subnetNamed = (name: string): SubnetSpec => {
    for (const subnet of subnets.values()) if (subnet.name === name) return subnet;
    throw new Error(`no subnet ${name}`);
  };
  const instanceNamed = (name: string): InstanceSpec => {
    const found = topology.instances.find((instance) => instance.name === name);
    if (!found) throw new Error(`no instance ${name}`);
    return found;
  };
  const vnicIn = (instanceName: string, subnetId: string): AttachedVnic | undefined => {
    for (const vnic of vnics.values())
      if (vnic.instance.name === instanceName && vnic.subnet.id === subnetId) return vnic;
    return undefined;
  };
  const holder = (vnicId: string | undefined): string | null =>
    (vnicId === undefined ? undefined : vnics.get(vnicId)?.instance.name) ?? null;

  function addVnic(spec: VnicSpec, instance: InstanceSpec, primary: boolean): void {
    if (vnics.has(spec.id)) throw new Error(`VNIC ${spec.id} exists`);
    const subnet = subnetNamed(spec.subnet);
    const object: VnicObject = {
      id: spec.id,
      displayName: `${instance.name}-${spec.interface}`,
      skipSourceDestCheck: spec.skipSourceDestCheck,
      freeformTags: spec.freeformTags ?? {},
    };
    vnics.set(spec.id, { spec, instance, subnet, primary, register: createRegister(object, ALWAYS) });
    addAddress(spec.privateIpId, spec.privateIp, subnet, spec.id, true);
  }

  function addAddress(id: string, address: string, subnet: SubnetSpec, vnicId: string | undefined, primary: boolean) {
    if (addresses.has(id)) throw new Error(`address object ${id} exists`);
    const object: AddressObject = {
      id,
      family: isIPv6(address) ? 6 : 4,
      address,
      subnetId: subnet.id,
      vnicId,
      isPrimary: primary,
      displayName: primary ? address : `vip-${address}`,
      hostnameLabel: undefined,
      freeformTags: {},
      timeCreated: new Date().toISOString(),
    };
    addresses.set(id, createRegister(object, ALWAYS));
    return object;
  }

  function addVip(vip: VipSpec): AddressObject {
    const subnet = subnetNamed(vip.subnet);
    const vnic = vip.assignedTo === undefined ? undefined : vnicIn(instanceNamed(vip.assignedTo).name, subnet.id);
    if (vip.assignedTo !== undefined && !vnic) throw new Error(`${vip.assignedTo} has no VNIC in ${vip.subnet}`);
    return addAddress(vip.id, vip.address, subnet, vnic?.spec.id, false);
  }

  function report(kind: JournalEntry['kind'], object: AddressObject, from: string | undefined, author: Author): void {
    const to = kind === 'delete' ? undefined : object.vnicId;
    onChange({
      at: now(),
      privateIp: object.id,
      address: object.address,
      fromVnic: from ?? null,
      toVnic: to ?? null,
      fromInstance: holder(from),
      toInstance: holder(to),
      ...author,
      kind,
    });
  }

  for (const subnet of topology.subnets) subnets.set(subnet.id, subnet);
  for (const instance of topology.instances)
    instance.vnics.forEach((vnic, index) => {
      addVnic(vnic, instance, index === 0);
    });
  for (const vip of topology.vips) addVip(vip);

  return {
    subnets,
    vnics,
    addresses,
    instanceById: (id) => topology.instances.find((instance) => instance.id === id),
    instanceBySource: (source) => topology.instances.find((instance) => instance.sources.includes(source)),
    vnicsOf: (name) => [...vnics.values()].filter((vnic) => vnic.instance.name === name),
    findVip(idOrAddress) {
      for (const register of addresses.values()) {
        const newest = register.newest();
        if (!newest || newest.value.isPrimary) continue;
        if (newest.value.id === idOrAddress || newest.value.address === idOrAddress) return newest;
      }
      return undefined;
    },
    vnicIn,
    put(value, author) {
      const register = addresses.get(value.id);
      const before = register?.newest()?.value;
      if (register) register.replace(value, now());
      else addresses.set(value.id, createRegister(value, now()));
      if (!before) report('create', value, undefined, author);
      else if (before.vnicId !== value.vnicId) report('move', value, before.vnicId, author);
    },
    remove(id, author) {
      const register = addresses.get(id);
      const before = register?.newest()?.value;
      if (!register || !before) return;
      register.replace(undefined, now());
      report('delete', before, before.vnicId, author);
    },
    extend(addition) {
      for (const subnet of addition.subnets ?? []) {
        if (subnets.has(subnet.id)) throw new Error(`subnet ${subnet.id} exists`);
        subnets.set(subnet.id, subnet);
      }
      for (const { instance, ...spec } of addition.vnics ?? []) addVnic(spec, instanceNamed(instance), false);
      for (const vip of addition.vips ?? [])
        report('create', addVip(vip), undefined, { instance: null, request: null });
    },
    vipStates: () =>
      [...addresses.values()].flatMap((register): readonly VipState[] => {
        const newest = register.newest();
        if (!newest || newest.value.isPrimary) return [];
        const { id, address, subnetId, vnicId } = newest.value;
        const vnic = vnicId === undefined ? undefined : vnics.get(vnicId);
        return [
          {
            id,
            address,
            subnet: subnets.get(subnetId)?.name ?? subnetId,
            vnicId: vnicId ?? null,
            instance: vnic?.instance.name ?? null,
            interface: vnic?.spec.interface ?? null,
            etag: newest.etag,
          },
        ];
      }),
    vnicStates: () =>
      [...vnics.values()].flatMap(({ spec, instance, register }): readonly VnicState[] => {
        const newest = register.newest();
        if (!newest) return [];
        return [
          {
            id: spec.id,
            instance: instance.name,
            interface: spec.interface,
            subnet: spec.subnet,
            mac: spec.mac,
            freeformTags: newest.value.freeformTags,
            etag: newest.etag,
          },
        ];
      }),
  };
}
