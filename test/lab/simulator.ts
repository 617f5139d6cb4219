import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { connectAdmin } from '../oci-simulator/client.ts';
import type { Admin, ParametersPatch, SimulatorConfig, Topology } from '../oci-simulator/types.ts';
import { OCI, VCN } from './namespaces.ts';
import { METADATA_ADDRESS, SERVICE_ADDRESS } from './network.ts';
import { BUILD, WORK } from './paths.ts';

/** The certificate authority of the simulator: made once in a run, so that only the first scenario waits for its keys. */
const CA_DIRECTORY = `${WORK}/ca`;
const ADMIN_SOCKET = `${WORK}/simulator.sock`;

export interface SimulatorProcess {
  readonly admin: Admin;
  /** What the routers have to trust. */
  readonly caFile: string;
  stop(): void;
}

/** /etc/hosts of a router: the production names lead to the simulator. */
export function hostsFile(region: string): string {
  const names = ['auth', 'iaas'].map((service) => `${service}.${region}.oraclecloud.com`);
  return `127.0.0.1 localhost\n${SERVICE_ADDRESS} ${names.join(' ')}\n`;
}

async function firstLine(child: ChildProcess): Promise<void> {
  let complaint = '';
  child.stderr?.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  const output = child.stdout;
  if (output === null) throw new Error('the simulator has no standard output');
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: output }).once('line', () => resolve());
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the OCI simulator ended with ${code}: ${complaint}`)));
  });
}

/** Starts the OCI simulator in its namespace, where it moves the VCN's neighbour entries along with the VIPs. */
export async function startSimulator(topology: Topology, parameters: ParametersPatch): Promise<SimulatorProcess> {
  const config: SimulatorConfig = {
    topology,
    listen: { metadata: { host: METADATA_ADDRESS, port: 80 }, api: { host: SERVICE_ADDRESS, port: 443 } },
    caDirectory: CA_DIRECTORY,
    adminSocket: ADMIN_SOCKET,
    parameters,
    fabric: { command: ['ip', '-n', VCN, '-force', '-batch', '-'] },
  };
  await mkdir(CA_DIRECTORY, { recursive: true });
  await writeFile(`${WORK}/simulator.json`, JSON.stringify(config, null, 2));
  const child = spawn('ip', [
    'netns',
    'exec',
    OCI,
    process.execPath,
    // As failoverd: after a minute without a claim it has no code to compile again.
    '--no-flush-bytecode',
    `${BUILD}/oci-simulator.js`,
    `${WORK}/simulator.json`,
  ]);
  await firstLine(child);
  return {
    admin: connectAdmin(ADMIN_SOCKET),
    caFile: `${CA_DIRECTORY}/ca.pem`,
    stop: () => void child.kill('SIGTERM'),
  };
}
