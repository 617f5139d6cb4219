import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Forgery } from './inject.ts';
import { VCN } from './namespaces.ts';
import { BUILD } from './paths.ts';

/** Sends forged datagrams from inside the VCN (inject.ts). */
export interface Injector {
  /** Resolves when the kernel has taken them all. */
  send(forgeries: readonly Forgery[]): Promise<void>;
  stop(): void;
}

export async function startInjector(): Promise<Injector> {
  const child = spawn('ip', ['netns', 'exec', VCN, process.execPath, `${BUILD}/traffic.js`, 'inject']);
  const waiting: { readonly done: () => void; readonly failed: (error: Error) => void }[] = [];
  const answer = () => new Promise<void>((done, failed) => waiting.push({ done, failed }));
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  createInterface({ input: child.stdout }).on('line', () => waiting.shift()?.done());
  child.stdin.on('error', () => {});
  child.once('exit', (code) => {
    for (const { failed } of waiting) failed(new Error(`the injector ended with ${code}: ${complaint}`));
  });
  await answer();
  return {
    send(forgeries) {
      const sent = answer();
      child.stdin.write(`${JSON.stringify(forgeries)}\n`);
      return sent;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
