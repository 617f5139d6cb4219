/**
 * Runs inside a network namespace: writes what the link watcher tells as JSON lines, and obeys the lines it reads:
 * `state`, `block MS`, `ensure DEVICE ADDRESS`, `remove DEVICE ADDRESS`, `latency DEVICE ROUNDS`,
 * `route DEVICE TO VIA`, `unroute TO` (ours), `routes`.
 */
import { createInterface } from 'node:readline';
import {
  addRoute,
  ensureAddress,
  LinuxError,
  listOwnRoutes,
  removeAddress,
  removeRoute,
  watchLinks,
} from '../../../src/linux/index.ts';
import { interfaceIndex } from '../../../src/linux/libc.ts';
import { encodeAddressChange } from '../../../src/linux/netlink-encode.ts';
import { openNetlink } from '../../../src/linux/netlink-socket.ts';

const receiveBufferBytes = Number(process.argv[2] ?? 0);

let sentAt = 0n;
let latencies: number[] | undefined;

const watcher = watchLinks({
  onChange: write,
  onAddress(change) {
    if (latencies === undefined) write(change);
    else latencies.push(Number(process.hrtime.bigint() - sentAt) / 1000);
  },
  onError: ({ code, message }) => write({ kind: 'error', code, message }),
  ...(receiveBufferBytes > 0 && { receiveBufferBytes }),
});

function write(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function state(): void {
  write({ kind: 'state', links: [...watcher.links().values()], addresses: watcher.addresses() });
}

/** Microseconds from the kernel's answer to a request, which is when its notification is queued, to the callback. */
async function latency(device: string, rounds: number): Promise<void> {
  const socket = openNetlink(0);
  latencies = [];
  const index = interfaceIndex(device);
  for (let i = 0; i < rounds; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const request = encodeAddressChange(i % 2 === 0 ? 'add' : 'remove', i, index, Uint8Array.of(10, 99, 0, 1));
    socket.send(request);
    sentAt = process.hrtime.bigint();
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  const microseconds = latencies.sort((a, b) => a - b);
  latencies = undefined;
  socket.close();
  write({ kind: 'latency', microseconds });
}

async function answer(work: Promise<string>): Promise<void> {
  try {
    write({ kind: 'answer', result: await work });
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    write({ kind: 'answer', result: error.code, message: error.message });
  }
}

async function unroute(to: string): Promise<string> {
  const own = (await listOwnRoutes()).find((route) => route.to === to);
  if (own === undefined) return 'absent';
  await removeRoute(own);
  return 'removed';
}

state();
for await (const line of createInterface({ input: process.stdin })) {
  const [command, first = '', second = '', third = ''] = line.split(' ');
  if (command === 'state') state();
  else if (command === 'block') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(first));
  else if (command === 'ensure') await answer(ensureAddress(first, second));
  else if (command === 'remove') await answer(removeAddress(first, second));
  else if (command === 'route') await answer(addRoute({ device: first, to: second, via: third }));
  else if (command === 'unroute') await answer(unroute(first));
  else if (command === 'routes') write({ kind: 'routes', routes: await listOwnRoutes() });
  else if (command === 'latency') await latency(first, Number(second));
}
watcher.close();
