import { deviceOf, type LoadedConfig } from '../config/index.ts';
import type { InterfaceQuery } from '../oci/types.ts';
import type { Observer } from './observer.ts';

/** An interface as the kernel has it now. */
export interface InterfaceState {
  /** Up and with carrier. */
  readonly up: boolean;
  /** Lower case, with colons. */
  readonly mac: string;
}

/** The interfaces of the configuration as they are on this router. */
export interface Interfaces {
  /** Looks at all of them: is a MAC address new, did one that was down or missing come up? */
  refresh(): { readonly newMac: boolean; readonly cameUp: boolean };
  /** True if every interface of the group is up. */
  allUp(group: string): boolean;
  /** The configuration is another one: what it adds is tracked from the first time it is up. */
  reconfigured(): void;
  links(): readonly { readonly name: string; readonly up: boolean }[];
  query(): readonly InterfaceQuery[];
}

export function createInterfaces(
  loaded: () => LoadedConfig,
  /** undefined: the kernel has no device of that name. */
  stateOf: (device: string) => InterfaceState | undefined,
  observer: Observer,
): Interfaces {
  const states = new Map<string, 'up' | 'down' | 'missing'>();
  const macs = new Map<string, string>();
  /** Added by a reload and not up yet: a reload must not drop mastership. */
  const untracked = new Set<string>();

  /** Asked for with every presence, and another one only with the configuration. */
  let known = { config: loaded().config, vips: findVips() };

  /** Interface name → its VIPs in all groups. */
  function vipsByInterface(): ReadonlyMap<string, readonly string[]> {
    const { config } = loaded();
    if (known.config !== config) known = { config, vips: findVips() };
    return known.vips;
  }

  function findVips(): ReadonlyMap<string, readonly string[]> {
    const vips = new Map<string, readonly string[]>();
    for (const entry of loaded().config.groups.flatMap(({ interfaces }) => interfaces)) {
      const addresses = entry.vips.map(({ address }) => address);
      vips.set(entry.name, [...(vips.get(entry.name) ?? []), ...addresses]);
    }
    return vips;
  }

  const names = () => [...vipsByInterface().keys()];

  return {
    refresh() {
      let newMac = false;
      let cameUp = false;
      for (const name of names()) {
        const found = stateOf(deviceOf(loaded().self, name));
        const state = found === undefined ? 'missing' : found.up ? 'up' : 'down';
        if (states.get(name) !== state) observer.log({ event: 'link', interface: name, state });
        if (state === 'up' && states.has(name) && states.get(name) !== 'up') cameUp = true;
        states.set(name, state);
        if (state === 'up') untracked.delete(name);
        if (found !== undefined && macs.get(name) !== found.mac) {
          macs.set(name, found.mac);
          newMac = true;
        }
      }
      return { newMac, cameUp };
    },
    allUp(groupName) {
      const group = loaded().config.groups.find(({ name }) => name === groupName);
      return group?.interfaces.every(({ name }) => states.get(name) === 'up' || untracked.has(name)) ?? false;
    },
    reconfigured() {
      const current = names();
      for (const name of current) if (!states.has(name)) untracked.add(name);
      for (const name of states.keys()) if (!current.includes(name)) states.delete(name);
      for (const name of untracked) if (!current.includes(name)) untracked.delete(name);
    },
    links: () => names().map((name) => ({ name, up: states.get(name) === 'up' })),
    query: () =>
      [...vipsByInterface()].map(([name, vips]) => {
        const mac = macs.get(name);
        return { interface: name, vips, ...(mac !== undefined && { mac }) };
      }),
  };
}
