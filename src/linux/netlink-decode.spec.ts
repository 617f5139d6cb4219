import { describe, expect, it } from 'vitest';
// Datagrams of a Linux 6.18 kernel, as recvmsg(2) gave them: v0 and v1 are a veth pair in a namespace of their own.
import vectors from './netlink.vectors.json' with { type: 'json' };
import { decodeMessages } from './netlink-decode.ts';

const decode = (datagrams: readonly string[]) =>
  datagrams.flatMap((datagram) => decodeMessages(Buffer.from(datagram, 'hex')));

const bodies = (datagrams: readonly string[]) =>
  decode(datagrams).map(({ sequence, portId, interrupted, ...body }) => body);

describe('decodeMessages', () => {
  it('reads a dump of links', () => {
    const mac = expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    expect(bodies(vectors['dump of links'])).toEqual([
      {
        kind: 'link',
        removed: false,
        link: {
          family: 0,
          index: 1,
          flags: 0x10049,
          name: 'lo',
          mac: '00:00:00:00:00:00',
          mtu: 65536,
          operationalState: 0,
        },
      },
      {
        kind: 'link',
        removed: false,
        link: { family: 0, index: 2, flags: 0x1002, name: 'v1', mac, mtu: 1500, operationalState: 2 },
      },
      {
        kind: 'link',
        removed: false,
        link: {
          family: 0,
          index: 3,
          flags: 0x1002,
          name: 'v0',
          mac: '02:00:17:aa:bb:01',
          mtu: 1500,
          operationalState: 2,
        },
      },
      { kind: 'done', errno: 0 },
    ]);
  });

  it('reads a dump of addresses of both families', () => {
    expect(bodies(vectors['dump of addresses'])).toEqual([
      { kind: 'address', removed: false, address: { index: 1, address: '127.0.0.1', prefixLength: 8, flags: 0x80 } },
      { kind: 'address', removed: false, address: { index: 3, address: '10.0.0.4', prefixLength: 28, flags: 0x80 } },
      { kind: 'address', removed: false, address: { index: 1, address: '::1', prefixLength: 128, flags: 0x80 } },
      { kind: 'done', errno: 0 },
    ]);
  });

  it('reads who asked and whose answer it is', () => {
    const [first] = decode(vectors['dump of addresses']);
    expect(first).toMatchObject({ sequence: 2, interrupted: false });
    expect(first?.portId).toBeGreaterThan(0);
    expect(decode(vectors['v0 up while its peer is down'])[0]).toMatchObject({ sequence: 0, portId: 0 });
  });

  it('reads all 32 flag bits of a VIP', () => {
    expect(bodies(vectors['IPv6 VIP'])).toEqual([
      {
        kind: 'address',
        removed: false,
        address: { index: 3, address: '2001:db8::7', prefixLength: 128, flags: 0x2a2 },
      },
    ]);
    expect(bodies(vectors['IPv4 VIP removed'])).toEqual([
      { kind: 'address', removed: true, address: { index: 3, address: '10.0.0.5', prefixLength: 32, flags: 0x280 } },
    ]);
  });

  it('takes the own address of a point-to-point link, not the peer', () => {
    expect(bodies(vectors['point-to-point'])).toMatchObject([{ address: { address: '10.1.0.1', prefixLength: 32 } }]);
  });

  it('tells a bridge port from the link', () => {
    const families = bodies(vectors['v0 joins a bridge and leaves it']).flatMap((body) =>
      body.kind === 'link' && body.link.index === 3 ? [[body.removed, body.link.family]] : [],
    );
    expect(families).toContainEqual([true, 7]);
    expect(families).not.toContainEqual([true, 0]);
  });

  it('reads a rename and a removal', () => {
    expect(bodies(vectors['v0 renamed'])[0]).toMatchObject({ kind: 'link', link: { index: 3, name: 'ens5' } });
    expect(bodies(vectors['ens5 deleted']).slice(-2)).toMatchObject([
      { kind: 'link', removed: true, link: { index: 3, name: 'ens5' } },
      { kind: 'link', removed: true, link: { index: 2, name: 'v1' } },
    ]);
  });

  it('reads answers, with the words of the kernel', () => {
    expect(bodies(vectors['acknowledged']).at(-1)).toEqual({ kind: 'answer', errno: 0 });
    expect(bodies(vectors['exists'])).toEqual([
      { kind: 'answer', errno: 17, detail: 'ipv4: Address already assigned' },
    ]);
    expect(bodies(vectors['extended acknowledgement'])).toEqual([
      { kind: 'answer', errno: 22, detail: 'ipv4: Invalid prefix length' },
    ]);
  });

  it('notices an interrupted dump', () => {
    const done = Buffer.from(vectors['dump of addresses'].at(-1) ?? '', 'hex').subarray(-20);
    done[6] = 0x12;
    expect(decodeMessages(done)).toMatchObject([{ kind: 'done', interrupted: true }]);
  });

  it('never throws, wherever a datagram is cut', () => {
    for (const datagram of Object.values(vectors).flat()) {
      const bytes = Buffer.from(datagram, 'hex');
      const step = bytes.length > 400 ? 7 : 1;
      for (let length = 1; length < bytes.length; length += step) {
        const cut = decodeMessages(bytes.subarray(0, length));
        expect(cut.at(-1)?.kind === 'malformed' || cut.length < decodeMessages(bytes).length).toBe(true);
      }
    }
  });

  it.each([
    ['short-header', '1400000003000200'],
    ['bad-length', '0f000000030002000100000000000000'],
    ['bad-length', 'ff000000030002000100000000000000'],
    ['short-body', '14000000100000000000000000000000 00000000'],
    ['short-body', '14000000140000000000000000000000 02200000'],
    ['short-body', '10000000020000000000000000000000'],
    ['bad-attribute', '24000000100000000000000000000000 00000000010000000000000000000000 ff000300'],
    ['bad-attribute', '24000000100000000000000000000000 00000000010000000000000000000000 03000300'],
    ['no-address', '18000000140000000000000000000000 0220000003000000'],
    ['no-address', '20000000140000000000000000000000 0220000003000000 0700020001020300'],
  ])('says %s of %s', (reason, hex) => {
    const messages = decodeMessages(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    expect(messages).toMatchObject([{ kind: 'malformed', reason }]);
  });

  it('reads a route of the main table', () => {
    // The kernel's own, for `ip route add 10.1.0.0/20 via 10.0.0.1 proto 112`.
    const bytes =
      '3c00000018000200070000009d2e0000' +
      '02140000fe70000100000000' +
      '08000f00fe000000080001000a010000080005000a0000010800040003000000';
    expect(decodeMessages(Buffer.from(bytes, 'hex'))).toMatchObject([
      { kind: 'route', route: { to: '10.1.0.0/20', via: '10.0.0.1', index: 3, protocol: 112 } },
    ]);
    // Table 255 holds the kernel's local routes.
    const local = bytes.replace('02140000fe70', '02140000ff70');
    expect(decodeMessages(Buffer.from(local, 'hex'))).toMatchObject([{ kind: 'other', type: 24 }]);
  });

  it('passes over kinds it does not know', () => {
    expect(decodeMessages(Buffer.from('100000002c0000000000000000000000', 'hex'))).toMatchObject([
      { kind: 'other', type: 44 },
    ]);
  });
});
