/**
 * Runs inside a network namespace: the daemon's own heartbeat over real sockets. It obeys lines of JSON and tells what it
 * hears as lines of JSON.
 */
import { createInterface } from 'node:readline';
import { systemClock } from '../../../src/agent/clock.ts';
import { createFreshness } from '../../../src/agent/freshness.ts';
import { createHeartbeat } from '../../../src/agent/heartbeat.ts';
import { openTransport } from '../../../src/agent/transports.ts';
import type { GroupHeartbeatConfig, HeartbeatConfig, LoadedConfig } from '../../../src/config/index.ts';
import { openRawIp, watchLinks } from '../../../src/linux/index.ts';

/** What it is told to do. */
export type Command =
  | { readonly do: 'open'; readonly speaker: Speaker }
  | { readonly do: 'send'; readonly id: string; readonly priority: number }
  /** A datagram that no heartbeat of ours sends. */
  | { readonly do: 'raw'; readonly local: string; readonly peer: string; readonly ttl: number; readonly hex: string };

export interface Speaker {
  readonly id: string;
  readonly local: string;
  readonly peer: string;
  readonly heartbeat: Pick<HeartbeatConfig, 'transport' | 'port' | 'minTtl'> & Omit<GroupHeartbeatConfig, 'auth'>;
  readonly password?: string;
  readonly vips: readonly string[];
}

const DEVICE = 'ens3';

const links = watchLinks({ onChange: () => {}, onError: () => {} });
const deviceOfAddress = (address: string) => links.addresses().find((entry) => entry.address === address)?.device;
const speakers = new Map<string, ReturnType<typeof createHeartbeat>>();

function write(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function open({ id, local, peer, heartbeat, password, vips }: Speaker): Promise<void> {
  const auth = {
    mode: password === undefined ? 'none' : 'password',
    keys: [],
    activeKey: 0,
    timeWindow: 5000,
    ...(password !== undefined && { password: { text: password, source: 'test' } }),
  };
  const interfaces = [{ name: DEVICE, vips: vips.map((address) => ({ address })) }];
  const group = { name: id, virtualRouterId: 51, interfaces, heartbeat: { ...heartbeat, auth } };
  // Only what a heartbeat reads of its configuration.
  const loaded = { config: { heartbeat: group.heartbeat, groups: [group] } } as unknown as LoadedConfig;
  const path = { id, local, peer, peerName: 'peer' };
  const transport = openTransport({
    heartbeat,
    paths: [path],
    now: systemClock.now,
    deviceOfAddress,
    onDatagram: (datagram) => speaker.receive(datagram),
    onError: ({ code, message }) => write({ id, error: code, message }),
  });
  const speaker = createHeartbeat(
    {
      loaded: () => loaded,
      paths: [path],
      clock: systemClock,
      freshness: createFreshness('self'),
      onAdvert: (_, __, { priority, interval, addresses }) => write({ id, heard: { priority, interval, addresses } }),
      onPresence: () => {},
      onHeard: () => {},
      onRejected: (_, reason) => write({ id, rejected: reason }),
      onUnproven: () => {},
      onAdvertSent: () => {},
      onPresenceTooLarge: () => {},
    },
    transport.send,
  );
  speakers.set(id, speaker);
  await transport.opened();
  write({ id, open: true });
}

function raw({ local, peer, ttl, hex }: Extract<Command, { do: 'raw' }>): void {
  const socket = openRawIp({
    protocol: 112,
    local,
    peer,
    device: DEVICE,
    ttl,
    typeOfService: 0,
    onPacket: () => {},
    onOverrun: () => {},
    onError: () => {},
  });
  socket.send(Buffer.from(hex, 'hex'));
  socket.close();
}

for await (const line of createInterface({ input: process.stdin })) {
  const command: Command = JSON.parse(line);
  if (command.do === 'open') await open(command.speaker);
  else if (command.do === 'raw') raw(command);
  else speakers.get(command.id)?.sendAdvert(command.id, { priority: command.priority, interval: 1000, copies: 1 });
}
links.close();
process.exit(0);
