import { describe, expect, it } from 'vitest';
import { createLinkTable, type LinkTable, type TableChange } from './link-table.ts';
import vectors from './netlink.vectors.json' with { type: 'json' };
import { decodeMessages, type LinkMessage, type NetlinkMessage } from './netlink-decode.ts';

const RUNNING = 0x1 | 0x40;
const header = { sequence: 0, portId: 0, interrupted: false };

function link(index: number, name: string, fields: Partial<LinkMessage> = {}): NetlinkMessage {
  const message = { family: 0, index, flags: RUNNING, name, mac: '', mtu: 1500, operationalState: 6, ...fields };
  return { ...header, kind: 'link', removed: false, link: message };
}

function address(index: number, text: string, flags = 0x80): NetlinkMessage {
  return { ...header, kind: 'address', removed: false, address: { index, address: text, prefixLength: 32, flags } };
}

function gone(message: NetlinkMessage): NetlinkMessage {
  return message.kind === 'link' || message.kind === 'address' ? { ...message, removed: true } : message;
}

/** `+v0#3 up` and the like: a change in a word or two. */
function words(change: TableChange): string {
  if (change.kind === 'address-added') return `+${change.address.device} ${change.address.address}`;
  if (change.kind === 'address-removed') return `-${change.address.device} ${change.address.address}`;
  const { name, index, up, mtu } = change.link;
  if (change.kind === 'link-removed') return `-${name}#${index}`;
  return `${change.kind === 'link-added' ? '+' : '~'}${name}#${index} ${up ? 'up' : 'down'} ${mtu}`;
}

const told = (table: LinkTable, ...messages: readonly NetlinkMessage[]) =>
  messages.flatMap((message) => table.apply(message, 'notification')).map(words);

function dumped(table: LinkTable, of: 'links' | 'addresses', ...messages: readonly NetlinkMessage[]): string[] {
  table.beginDump(of);
  const changes = messages.flatMap((message) => table.apply(message, 'dump'));
  return [...changes, ...table.endDump()].map(words);
}

describe('a link table', () => {
  it.each<[string, Partial<LinkMessage>, boolean]>([
    ['up, running, UP', {}, true],
    ['up, running, UNKNOWN (loopback, drivers without states)', { operationalState: 0 }, true],
    ['administratively down', { flags: 0x40 }, false],
    ['not running', { flags: 0x1 }, false],
    ['DOWN', { operationalState: 2 }, false],
    ['LOWERLAYERDOWN', { operationalState: 3 }, false],
    ['DORMANT', { operationalState: 5 }, false],
  ])('%s', (_, fields, up) => {
    const table = createLinkTable();
    table.apply(link(3, 'ens5', fields), 'notification');
    expect(table.links.get('ens5')?.up).toBe(up);
  });

  it('says nothing twice', () => {
    const table = createLinkTable();
    expect(told(table, link(3, 'ens5'), link(3, 'ens5'), address(3, '10.0.0.4'), address(3, '10.0.0.4'))).toEqual([
      '+ens5#3 up 1500',
      '+ens5 10.0.0.4',
    ]);
  });

  it('tells carrier, mtu and MAC as changes', () => {
    const table = createLinkTable();
    told(table, link(3, 'ens5'));
    expect(told(table, link(3, 'ens5', { flags: 1 }))).toEqual(['~ens5#3 down 1500']);
    expect(told(table, link(3, 'ens5', { flags: 1, mtu: 9000 }))).toEqual(['~ens5#3 down 9000']);
    expect(told(table, link(3, 'ens5', { flags: 1, mtu: 9000, mac: '02:00:17:00:00:01' }))).toHaveLength(1);
  });

  it('tells a rename as removal and addition, addresses first and last', () => {
    const table = createLinkTable();
    told(table, link(3, 'eth1'), address(3, '10.0.0.4'));
    expect(told(table, link(3, 'ens5'))).toEqual(['-eth1 10.0.0.4', '-eth1#3', '+ens5#3 up 1500', '+ens5 10.0.0.4']);
    expect(table.addresses()).toEqual([{ device: 'ens5', index: 3, address: '10.0.0.4', prefixLength: 32 }]);
  });

  it('removes a link with the addresses nobody took away', () => {
    const table = createLinkTable();
    told(table, link(3, 'ens5'), address(3, '10.0.0.4'));
    expect(told(table, gone(link(3, 'ens5')), link(4, 'ens5'))).toEqual([
      '-ens5 10.0.0.4',
      '-ens5#3',
      '+ens5#4 up 1500',
    ]);
    expect(table.addresses()).toEqual([]);
  });

  it('gives a name to its newest holder when the removal of the old one was lost', () => {
    const table = createLinkTable();
    told(table, link(3, 'ens5'));
    expect(told(table, link(4, 'ens5'), gone(link(3, 'ens5')))).toEqual(['-ens5#3', '+ens5#4 up 1500']);
  });

  it('counts an IPv6 address once duplicate address detection has passed, and not after it failed', () => {
    const table = createLinkTable();
    told(table, link(3, 'ens5'));
    expect(told(table, address(3, '2001:db8::5', 0xc0))).toEqual([]);
    expect(told(table, address(3, '2001:db8::5', 0x80))).toEqual(['+ens5 2001:db8::5']);
    expect(told(table, address(3, '2001:db8::5', 0xc8))).toEqual(['-ens5 2001:db8::5']);
    expect(told(table, address(3, '2001:db8::6', 0x44))).toEqual(['+ens5 2001:db8::6']);
  });

  it('tells an address after its link, whichever came first', () => {
    const table = createLinkTable();
    expect(told(table, address(3, '10.0.0.4'), link(3, 'ens5'))).toEqual(['+ens5#3 up 1500', '+ens5 10.0.0.4']);
  });

  it('removes what a dump lacks', () => {
    const table = createLinkTable();
    told(table, link(3, 'ens5'), link(4, 'ens6'), address(3, '10.0.0.4'), address(3, '10.0.0.5'));
    expect(dumped(table, 'links', link(3, 'ens5', { flags: 1 }))).toEqual(['~ens5#3 down 1500', '-ens6#4']);
    expect(dumped(table, 'addresses', address(3, '10.0.0.5'))).toEqual(['-ens5 10.0.0.4']);
  });

  it('follows names that were swapped unnoticed', () => {
    const table = createLinkTable();
    told(table, link(3, 'ens5'), link(4, 'ens6'));
    dumped(table, 'links', link(3, 'ens6'), link(4, 'ens5'));
    expect([...table.links.values()].map(({ name, index }) => `${name}#${index}`).sort()).toEqual(['ens5#4', 'ens6#3']);
  });

  it('believes a notification over the dump it arrives in', () => {
    const table = createLinkTable();
    table.beginDump('links');
    told(table, gone(link(3, 'ens5')), link(4, 'ens6'));
    expect(table.apply(link(3, 'ens5'), 'dump')).toEqual([]);
    expect(table.endDump()).toEqual([]);
    expect([...table.links.keys()]).toEqual(['ens6']);
  });

  it('concludes nothing from an abandoned dump', () => {
    const table = createLinkTable();
    told(table, link(3, 'ens5'));
    table.beginDump('links');
    table.abandonDump();
    expect(table.endDump()).toEqual([]);
    expect(table.links.size).toBe(1);
  });

  it('follows the captured life of a veth link', () => {
    const table = createLinkTable();
    const step = (name: keyof typeof vectors) =>
      vectors[name]
        .flatMap((datagram) => decodeMessages(Buffer.from(datagram, 'hex')))
        .flatMap((message) => table.apply(message, 'notification'))
        .map(words)
        .filter((text) => !text.includes('fe80:') && !text.includes('v1'));
    expect(step('dump of links')).toEqual(['+lo#1 up 65536', '+v0#3 down 1500']);
    expect(step('dump of addresses')).toEqual(['+lo 127.0.0.1', '+v0 10.0.0.4', '+lo ::1']);
    expect(step('v0 up while its peer is down')).toEqual([]);
    expect(step('v1 up: both run')).toEqual(['~v0#3 up 1500']);
    expect(step('IPv6 address with duplicate address detection')).toEqual(['+v0 2001:db8::5']);
    expect(step('IPv6 VIP')).toEqual(['+v0 2001:db8::7']);
    expect(step('v1 down')).toEqual(['~v0#3 down 1500']);
    expect(step('v0 joins a bridge and leaves it')).toEqual([
      '+b0#4 down 1500',
      // The bridge takes its port's MAC address, then a random one.
      '~b0#4 down 1500',
      '~b0#4 down 1500',
      '-b0#4',
    ]);
    expect(step('v0 down')).toEqual(['-v0 2001:db8::7', '-v0 2001:db8::5']);
    expect(step('v0 renamed')).toContain('+ens5#3 down 1500');
    expect(step('mtu')).toEqual(['~ens5#3 down 9000']);
    expect(step('ens5 deleted').at(-1)).toBe('-ens5#3');
  });
});
