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
  /** Looks at all of them; true if a MAC address is new, so that the inventory has to be made again. */
  refresh(): boolean;
  /** True if every interface of the group is up. */
  allUp(group: string): boolean;
  links(): readonly { readonly name: string; readonly up: boolean }[];
  query(): readonly InterfaceQuery[];
}

export function createInterfaces(
  { config, self }: LoadedConfig,
  /** undefined: the kernel has no device of that name. */
  stateOf: (device: string) => InterfaceState | undefined,
  observer: Observer,
): Interfaces {
  const vips = new Map<string, string[]>();
  for (const group of config.groups) {
    for (const entry of group.interfaces) {
      const addresses = entry.vips.map(({ address }) => address);
      vips.set(entry.name, [...(vips.get(entry.name) ?? []), ...addresses]);
    }
  }
  const names = [...vips.keys()];
  const states = new Map<string, 'up' | 'down' | 'missing'>();
  const macs = new Map<string, string>();

  return {
    refresh() {
      let newMac = false;
      for (const name of names) {
        const found = stateOf(deviceOf(self, name));
        const state = found === undefined ? 'missing' : found.up ? 'up' : 'down';
        if (states.get(name) !== state) observer.log({ event: 'link', interface: name, state });
        states.set(name, state);
        if (found !== undefined && macs.get(name) !== found.mac) {
          macs.set(name, found.mac);
          newMac = true;
        }
      }
      return newMac;
    },
    allUp: (groupName) =>
      config.groups.some(
        ({ name, interfaces }) => name === groupName && interfaces.every((entry) => states.get(entry.name) === 'up'),
      ),
    links: () => names.map((name) => ({ name, up: states.get(name) === 'up' })),
    query: () =>
      names.map((name) => {
        const mac = macs.get(name);
        return { interface: name, vips: vips.get(name) ?? [], ...(mac !== undefined && { mac }) };
      }),
  };
}
