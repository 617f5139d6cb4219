/** `oci-simulator CONFIG.json`: one JSON line on stdout when it can be used; SIGTERM or SIGINT ends it. */
import { readFile } from 'node:fs/promises';
import { serveAdmin } from './admin-server.ts';
import { startSimulator } from './index.ts';
import type { ReadyLine, SimulatorConfig } from './types.ts';

async function main(configFile: string | undefined): Promise<void> {
  if (configFile === undefined) throw new Error('usage: oci-simulator CONFIG.json');
  const config = JSON.parse(await readFile(configFile, 'utf8')) as SimulatorConfig;
  const simulator = await startSimulator(config);
  const admin = await serveAdmin(simulator.admin, config.adminSocket);
  const end = async () => {
    await admin.close();
    await simulator.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void end());
  process.once('SIGINT', () => void end());
  const line: ReadyLine = {
    ready: true,
    pid: process.pid,
    adminSocket: config.adminSocket,
    caFile: simulator.caFile ?? '',
    metadata: simulator.listening.metadata,
    api: simulator.listening.api,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

main(process.argv[2]).catch((cause: unknown) => {
  process.stderr.write(`oci-simulator: ${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exit(1);
});
