import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureAddress, removeAddress } from './addresses.ts';
import type { NetlinkBody } from './netlink-decode.ts';
import type { NetlinkReceived } from './netlink-socket.ts';

const kernel = vi.hoisted(() => {
  vi.resetModules();
  return {
    requests: [] as Uint8Array[],
    /** What `receive` finds once the request was carried out. */
    replies: [] as NetlinkReceived[],
    busy: undefined as Promise<void> | undefined,
    closed: 0,
  };
});

// The spec files of a worker share their modules.
afterAll(() => vi.resetModules());

vi.mock('./netlink-socket.ts', async (original) => ({
  ...(await original<object>()),
  openNetlink: () => ({
    receive: () => kernel.replies.shift() ?? { kind: 'empty' },
    async sendOnThread(request: Uint8Array) {
      kernel.requests.push(request);
      await kernel.busy;
    },
    close() {
      kernel.closed++;
    },
  }),
}));

function reply(body: NetlinkBody, sequence = 1): void {
  kernel.replies.push({ kind: 'messages', messages: [{ sequence, portId: 9, interrupted: false, ...body }] });
}

beforeEach(() => {
  kernel.requests.length = 0;
  kernel.replies.length = 0;
  kernel.closed = 0;
  kernel.busy = undefined;
});

describe('ensureAddress', () => {
  it('says whether the address had to be added', async () => {
    reply({ kind: 'answer', errno: 0 });
    await expect(ensureAddress('lo', '10.0.0.4')).resolves.toBe('added');
    reply({ kind: 'answer', errno: 17 });
    await expect(ensureAddress('lo', '10.0.0.4')).resolves.toBe('present');
    expect(kernel.closed).toBe(2);
  });

  it('throws what the kernel refused with, in its words', async () => {
    reply({ kind: 'answer', errno: 22, detail: 'ipv4: Invalid prefix length' });
    await expect(ensureAddress('lo', '10.0.0.4')).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'RTM_NEWADDR 10.0.0.4 on lo: ipv4: Invalid prefix length (EINVAL)',
    });
    expect(kernel.closed).toBe(1);
  });

  it('passes over what is not its answer', async () => {
    reply({ kind: 'other', type: 99 });
    reply({ kind: 'answer', errno: 1 }, 5);
    reply({ kind: 'answer', errno: 0 });
    await expect(ensureAddress('lo', '2001:db8::7')).resolves.toBe('added');
  });

  it('gives up at the deadline, and closes the socket when the thread is done with it', async () => {
    let release = (): void => {};
    kernel.busy = new Promise((resolve) => {
      release = resolve;
    });
    await expect(ensureAddress('lo', '10.0.0.4', { timeout: 20 })).rejects.toMatchObject({ code: 'timed-out' });
    expect(kernel.closed).toBe(0);
    release();
    await vi.waitFor(() => expect(kernel.closed).toBe(1));
  });

  it('gives up at the deadline when no answer comes', async () => {
    await expect(ensureAddress('lo', '10.0.0.4', { timeout: 20 })).rejects.toMatchObject({ code: 'timed-out' });
    await vi.waitFor(() => expect(kernel.closed).toBe(1));
  });

  it.each(['10.0.0', '', 'vip', '10.0.0.4/32'])('takes no "%s" for an address', async (address) => {
    await expect(ensureAddress('lo', address)).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(kernel.requests).toEqual([]);
  });

  it('does not ask for a device that is not there', async () => {
    await expect(ensureAddress('no-such-dev', '10.0.0.4')).rejects.toMatchObject({ code: 'no-such-device' });
    expect(kernel.requests).toEqual([]);
  });
});

describe('removeAddress', () => {
  it('says whether the address was there', async () => {
    reply({ kind: 'answer', errno: 0 });
    await expect(removeAddress('lo', '10.0.0.4')).resolves.toBe('removed');
    reply({ kind: 'answer', errno: 99 });
    await expect(removeAddress('lo', '10.0.0.4')).resolves.toBe('absent');
  });
});
