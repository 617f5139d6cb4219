/** Makes packets follow a VIP by writing neighbour commands to a persistent child (`ip -batch -`). */
import { spawn } from 'node:child_process';
import type { FabricOptions } from './types.ts';

export interface Fabric {
  /** Sends an address to a VNIC's MAC, or into the void when it is assigned to none. */
  point(address: string, mac: string | undefined, device: string): void;
  /** Why nothing follows any more; undefined while it works. */
  failure(): string | undefined;
  close(): Promise<void>;
}

/**
 * Where an unassigned address leads. Deleting the entry instead would let the kernel ask by ARP, and both routers have
 * the VIP configured: somebody would answer, which in OCI nobody does.
 */
const VOID_MAC = '02:00:00:00:00:00';

export function startFabric(options: FabricOptions): Fabric {
  const [file, ...argv] = options.command;
  const child = spawn(file, argv, { stdio: ['pipe', 'ignore', 'inherit'] });
  let failed: string | undefined;
  const ended = new Promise<void>((resolve) => {
    const fail = (reason: string) => {
      failed ??= reason;
      resolve();
    };
    child.on('error', (cause) => fail(`${file}: ${cause.message}`));
    child.on('exit', (code, signal) => fail(`${file} ended with ${signal ?? code}`));
  });
  // EPIPE after the child's end; `failed` already tells.
  child.stdin.on('error', () => undefined);
  return {
    point(address, mac, device) {
      child.stdin.write(`neigh replace ${address} lladdr ${mac ?? VOID_MAC} dev ${device} nud permanent\n`);
    },
    failure: () => failed,
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
