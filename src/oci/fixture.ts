/** For specs: a simulator per test and the OCI side of vrouter1 running against it in a process of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import {
  type ParametersPatch,
  type RequestRecord,
  referenceMac,
  referenceTopology,
  type Simulator,
  startSimulator,
} from '../../test/oci-simulator/index.ts';
import { type Bundles, bundle, type Harness } from './harness.ts';
import type { InterfaceInventory, InterfaceQuery, OciOptions, PrivateIpRecord, UpdateAnswer, VnicId } from './types.ts';

/** A VIP's record with this router's VNIC in its subnet. */
export interface Found {
  readonly record: PrivateIpRecord;
  readonly mine: VnicId;
}

export interface Fixture {
  /** Starts both. Call once per test, first. */
  start(parameters?: ParametersPatch, options?: Partial<OciOptions>): Promise<void>;
  readonly simulator: Simulator;
  readonly harness: Harness;
  /** Waits for readiness and discovers all 24 IPv4 VIPs, which vrouter2 holds. */
  found(): Promise<readonly Found[]>;
  /** Claims for this router. */
  claim(vip: Found): Promise<UpdateAnswer>;
  requests(operation: string): Promise<readonly RequestRecord[]>;
}

const topology = referenceTopology({ vipsPerSubnet: 8, holder: 'vrouter2', ipv6: true });

/** Every interface with its eight IPv4 VIPs. */
export const query: readonly InterfaceQuery[] = ['ens3', 'ens5', 'ens6'].map((name, index) => ({
  interface: name,
  mac: referenceMac(1, name).toUpperCase(),
  vips: topology.vips
    .filter((vip) => vip.subnet === topology.subnets[index]?.name && !vip.address.includes(':'))
    .map((vip) => vip.address),
}));

/** The VIPs of an inventory that were found. */
export function vipsOf(inventory: readonly InterfaceInventory[]): readonly Found[] {
  return inventory.flatMap((entry) =>
    entry.ok ? entry.vips.flatMap((vip) => (vip.ok ? [{ record: vip.record, mine: entry.vnicId }] : [])) : [],
  );
}

export const sleep = (duration: number) => new Promise((resolve) => setTimeout(resolve, duration));

/** Registers the hooks that bundle once and clean up after each test. */
export function useSimulator(): Fixture {
  let bundles: Bundles | undefined;
  let running: { readonly simulator: Simulator; readonly harness: Harness; readonly directory: string } | undefined;

  function now() {
    if (!running) throw new Error('start() was not called');
    return running;
  }

  // Two seconds on an idle machine.
  beforeAll(async () => {
    bundles = await bundle();
  }, 60_000);
  afterEach(async () => {
    const { harness, simulator, directory } = now();
    running = undefined;
    await harness.close();
    await simulator.close();
    await rm(directory, { recursive: true, force: true });
  });
  afterAll(() => bundles?.remove());

  return {
    async start(parameters = {}, options = {}) {
      if (!bundles) throw new Error('not bundled');
      const directory = await mkdtemp(join(tmpdir(), 'oci-spec-'));
      const address = { host: '127.0.0.1', port: 0 };
      const listen = { metadata: address, api: address };
      const simulator = await startSimulator({ topology, listen, caDirectory: directory, parameters });
      const { endpoints } = simulator;
      const settings = { region: 'auto', endpoints, requestTimeout: 1_000, connections: 32, ...options };
      running = { simulator, directory, harness: bundles.start(settings, join(directory, 'ca.pem')) };
    },
    get simulator() {
      return now().simulator;
    },
    get harness() {
      return now().harness;
    },
    async found() {
      const { harness } = now();
      await harness.until((status) => status.ready);
      return vipsOf(await harness.discover(query));
    },
    claim: ({ record, mine }) =>
      now().harness.updatePrivateIp({ privateIpId: record.id, vnicId: mine, etag: record.etag }),
    async requests(operation) {
      const all = await now().simulator.admin.requests();
      return all.filter((request) => request.operation === operation);
    },
  };
}
