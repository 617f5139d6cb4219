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

export async function startFlooder(): Promise<Flooder> {
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
