/** Thousands of events past a queue that holds a few: after every loss and dump, table and told changes equal the truth. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLinkTable, type TableChange } from './link-table.ts';
import type { AddressMessage, LinkMessage, NetlinkMessage } from './netlink-decode.ts';

const QUEUE_LENGTH = 6;
const header = { sequence: 0, portId: 0, interrupted: false };

/** One thing the kernel does; `who` and `what` choose among what there is. */
interface Step {
  readonly kind: 'create' | 'delete' | 'rename' | 'flap' | 'address' | 'no-address' | 'read';
  readonly who: number;
  readonly what: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('create', 'delete', 'rename', 'flap', 'address', 'no-address', 'read'),
  who: fc.nat(7),
  what: fc.nat(7),
});

/** A kernel with a listener whose queue is short. */
function createKernel() {
  const links = new Map<number, LinkMessage>();
  const addresses = new Map<string, AddressMessage>();
  const queue: NetlinkMessage[] = [];
  let lost = false;
  let lastIndex = 0;

  function notify(message: NetlinkMessage): void {
    if (queue.length < QUEUE_LENGTH && !lost) queue.push(message);
    else lost = true;
  }
  const linkNews = (link: LinkMessage, removed = false): void => notify({ ...header, kind: 'link', removed, link });
  const addressNews = (address: AddressMessage, removed = false): void =>
    notify({ ...header, kind: 'address', removed, address });
  const pick = (who: number): LinkMessage | undefined => [...links.values()][who % Math.max(links.size, 1)];
  const taken = (name: string): boolean => [...links.values()].some((link) => link.name === name);

  function put(link: LinkMessage): void {
    links.set(link.index, link);
    linkNews(link);
  }

  function take({ kind, who, what }: Step): void {
    const link = pick(who);
    const name = `ens${what}`;
    if (kind === 'create' && !taken(name)) {
      lastIndex++;
      put({ family: 0, index: lastIndex, flags: 0x41, name, mac: '', mtu: 1500, operationalState: 6 });
    }
    if (link === undefined) return;
    const text = `10.0.0.${what}`;
    const key = `${link.index} ${text}`;
    if (kind === 'rename' && !taken(name)) put({ ...link, name });
    if (kind === 'flap') put({ ...link, flags: link.flags ^ 0x40 });
    if (kind === 'address' && !addresses.has(key)) {
      const address = { index: link.index, address: text, prefixLength: 32, flags: 0x80 };
      addresses.set(key, address);
      addressNews(address);
    }
    const known = addresses.get(key);
    if (kind === 'no-address' && known !== undefined) {
      addresses.delete(key);
      addressNews(known, true);
    }
    if (kind === 'delete') {
      for (const [at, address] of addresses) {
        if (address.index !== link.index) continue;
        addresses.delete(at);
        addressNews(address, true);
      }
      links.delete(link.index);
      linkNews(link, true);
    }
  }

  return {
    take,
    queue,
    /** Reading the queue empty lets messages in again. */
    emptied(): boolean {
      const was = lost;
      lost = false;
      return was;
    },
    dump: (of: 'links' | 'addresses'): NetlinkMessage[] =>
      of === 'links'
        ? [...links.values()].map((link) => ({ ...header, kind: 'link', removed: false, link }))
        : [...addresses.values()].map((address) => ({ ...header, kind: 'address', removed: false, address })),
    state: () =>
      [
        ...[...links.values()].map(({ name, index, flags }) => `${name}#${index} ${flags === 0x41}`),
        ...[...addresses.values()].map(({ index, address }) => `${links.get(index)?.name} ${address}`),
      ].sort(),
  };
}

/** What somebody knows who heard nothing but the changes. */
function createMirror() {
  const known = new Set<string>();
  return {
    hear(changes: readonly TableChange[]): void {
      for (const change of changes) {
        if (change.kind === 'address-added') known.add(`${change.address.device} ${change.address.address}`);
        else if (change.kind === 'address-removed') known.delete(`${change.address.device} ${change.address.address}`);
        else {
          const { link } = change;
          const before = change.kind === 'link-changed' ? change.before : link;
          if (change.kind !== 'link-added') expect(known.delete(`${link.name}#${link.index} ${before.up}`)).toBe(true);
          if (change.kind !== 'link-removed') known.add(`${link.name}#${link.index} ${link.up}`);
        }
      }
    },
    state: () => [...known].sort(),
  };
}

it('ends in the right state whatever was lost', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 100, maxLength: 300 }),
      fc.array(step, { maxLength: 12 }),
      (storm, during) => {
        const kernel = createKernel();
        const table = createLinkTable();
        const mirror = createMirror();
        const drain = (): void => {
          for (let news = kernel.queue.shift(); news !== undefined; news = kernel.queue.shift()) {
            mirror.hear(table.apply(news, 'notification'));
          }
        };
        for (const happening of storm) {
          if (happening.kind === 'read') drain();
          else kernel.take(happening);
        }
        drain();

        // As the runner does it: again from the start while anything is lost meanwhile.
        const meanwhile = [...during];
        for (let complete = !kernel.emptied(); !complete; complete = !kernel.emptied()) {
          for (const of of ['links', 'addresses'] as const) {
            table.beginDump(of);
            // The whole dump is as old as can be: everything happens after it was taken and is told before it is read.
            const entries = kernel.dump(of);
            for (const happening of meanwhile.splice(0, 3)) kernel.take(happening);
            drain();
            for (const entry of entries) mirror.hear(table.apply(entry, 'dump'));
            mirror.hear(table.endDump());
          }
        }

        expect(mirror.state()).toEqual(kernel.state());
        const links = [...table.links.values()].map(({ name, index, up }) => `${name}#${index} ${up}`);
        const addresses = table.addresses().map(({ device, address }) => `${device} ${address}`);
        expect([...links, ...addresses].sort()).toEqual(kernel.state());
      },
    ),
    { numRuns: 300 },
  );
});
