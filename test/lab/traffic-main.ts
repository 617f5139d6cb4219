/**
 * The lab's traffic: `traffic.js echo PORT` answers datagrams, `traffic.js probe INTERVAL NAME=ADDRESS:PORT…` sends a
 * small one to each flow every INTERVAL ms. A line `{"since": ms, "upTo": ms}` on standard input is answered by one line,
 * a list of FlowReport; the end of the input ends the prober. `traffic.js inject` sends forged datagrams (inject.ts),
 * `traffic.js flood` many of them (flood.ts).
 */
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { now } from './clock.ts';
import { flood } from './flood.ts';
import { createFlow } from './flow.ts';
import { inject } from './inject.ts';

function echo(port: number): void {
  const socket = createSocket('udp4');
  socket.on('message', (message, sender) => {
    // Unreachable senders are the prober's business.
    socket.send(message, sender.port, sender.address, () => {});
  });
  socket.bind(port, '0.0.0.0', () => process.stdout.write('ready\n'));
}

function probe(interval: number, targets: readonly string[]): void {
  const flows = targets.map((target) => {
    const [name = '', address = '', port = ''] = target.split(/[=:]/);
    return { flow: createFlow(name), address, port: Number(port) };
  });
  const socket = createSocket('udp4');
  socket.on('message', (message) => {
    if (message.length === 8) flows[message.readUInt32BE(0)]?.flow.receive(message.readUInt32BE(4));
  });

  let due = now();
  const tick = (): void => {
    const time = now();
    if (time < due) return;
    // A timer that fired late sends one probe, not all that were missed: a burst says nothing about the gap.
    due = Math.max(due + interval, time);
    flows.forEach(({ flow, address, port }, index) => {
      const message = Buffer.alloc(8);
      message.writeUInt32BE(index, 0);
      message.writeUInt32BE(flow.send(now()), 4);
      socket.send(message, port, address, () => {});
    });
  };
  socket.bind(0, '0.0.0.0', () => {
    setInterval(tick, Math.max(1, interval / 2));
    process.stdout.write('ready\n');
  });

  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const { since, upTo } = JSON.parse(line) as { since: number; upTo: number };
      process.stdout.write(`${JSON.stringify(flows.map(({ flow }) => flow.report(since, upTo)))}\n`);
    })
    .on('close', () => process.exit(0));
}

const [mode, first = '', ...rest] = process.argv.slice(2);
if (mode === 'echo') echo(Number(first));
else if (mode === 'probe') probe(Number(first), rest);
else if (mode === 'inject') inject();
else if (mode === 'flood') flood();
else {
  process.stderr.write(
    'usage: traffic.js echo PORT | traffic.js probe INTERVAL NAME=ADDRESS:PORT… | traffic.js inject | traffic.js flood\n',
  );
  process.exit(2);
}
