import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { FloodOrder, FloodResult } from './flood.ts';
import { VCN } from './namespaces.ts';
import { BUILD } from './paths.ts';

/** Sends floods from inside the VCN (flood.ts). */
export interface Flooder {
  send(order: FloodOrder): Promise<FloodResult>;
  stop(): void;
}

/** One alone may be kept from its processor for longer than it could make up for. */
const PROCESSES = 2;

/** Several processes, each of which sends its share. */
export async function startFlooder(): Promise<Flooder> {
  const started = await Promise.allSettled(Array.from({ length: PROCESSES }, startOne));
  const flooders = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const stop = () => {
    for (const flooder of flooders) flooder.stop();
  };
  for (const each of started) {
    if (each.status === 'fulfilled') continue;
    stop();
    throw each.reason;
  }
  return {
    async send(order) {
      const share = { ...order, rate: order.rate / PROCESSES };
      const results = await Promise.all(flooders.map((flooder) => flooder.send(share)));
      return { sent: results.reduce((sum, { sent }) => sum + sent, 0) };
    },
    stop,
  };
}

async function startOne(): Promise<Flooder> {
  const child = spawn('ip', ['netns', 'exec', VCN, process.execPath, `${BUILD}/traffic.js`, 'flood']);
  const waiting: { readonly done: (line: string) => void; readonly failed: (error: Error) => void }[] = [];
  const answer = () => new Promise<string>((done, failed) => waiting.push({ done, failed }));
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.done(line));
  child.stdin.on('error', () => {});
  child.once('exit', (code) => {
    for (const { failed } of waiting) failed(new Error(`the flooder ended with ${code}: ${complaint}`));
  });
  await answer();
  return {
    async send(order) {
      const sent = answer();
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return JSON.parse(await sent) as FloodResult;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
