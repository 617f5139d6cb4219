/** Starts a simulator in this process: the whole of it, behind `startSimulator`. */
import { createAuthority } from './authority.ts';
import { monotonicNow } from './clock.ts';
import { createPipeline } from './exchange.ts';
import { type Fabric, startFabric } from './fabric.ts';
import { type ListenerOptions, openListener } from './listener.ts';
import { createParameterStore } from './parameters.ts';
import { createRecords } from './records.ts';
import { createServices } from './services.ts';
import { createTokenService } from './token.ts';
import type { Admin, AssignRequest, Reachability, Simulator, SimulatorOptions, VipState } from './types.ts';
import { createVcnState, type VcnState } from './vcn-state.ts';

export { connectAdmin } from './client.ts';
export { monotonicNow } from './clock.ts';
export { loopbackSource, type ReferenceOptions, referenceMac, referenceTopology } from './reference-topology.ts';
export * from './types.ts';

const CONSOLE = { instance: null, request: null };

/** Starts everything and resolves when both services can be reached. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { topology } = options;
  const fabric = options.fabric ? startFabric(options.fabric) : undefined;
  const records = createRecords();
  const state = createVcnState(topology, monotonicNow, (change) => {
    const entry = records.addChange(change);
    const subnetId = state.addresses.get(change.privateIp)?.newest()?.value.subnetId;
    // A deleted object leads nowhere; its subnet is that of the VNIC that held it.
    const subnet = subnetId ?? state.vnics.get(change.fromVnic ?? '')?.subnet.id;
    if (fabric && subnet !== undefined) {
      pointFabric(fabric, state, change.address, subnet, change.toVnic);
      entry.fabricAt = monotonicNow();
    }
  });
  if (fabric) {
    for (const vip of state.vipStates()) {
      const subnetId = state.findVip(vip.id)?.value.subnetId;
      if (subnetId !== undefined) pointFabric(fabric, state, vip.address, subnetId, vip.vnicId);
    }
  }

  let apply: () => Promise<void> = async () => undefined;
  const parameters = createParameterStore(options.parameters, () => void apply());
  const authority = await createAuthority(topology, serverNames(options), options.caDirectory);
  const tokens = createTokenService(authority.tokenKey);
  const pipeline = createPipeline(parameters);
  const services = createServices({ topology, authority, tokens, state, parameters, records, pipeline });

  const reachability = (service: 'metadata' | 'api') => (source: string | undefined) => reach(service, source);
  function reach(service: 'metadata' | 'api', source: string | undefined): Reachability {
    const instance = source === undefined ? undefined : services.instanceAt(source);
    return parameters.reachability(service, instance?.name ?? null);
  }
  const listenerOptions = (service: 'metadata' | 'api', deliver: ListenerOptions['deliver']): ListenerOptions => ({
    listen: options.listen[service],
    reachability: reachability(service),
    deliver,
  });
  const metadata = await openListener(listenerOptions('metadata', services.deliverMetadata));
  const api = await openListener(listenerOptions('api', services.deliverApi));
  apply = async () => void (await Promise.all([metadata.apply(), api.apply()]));
  await apply();

  const admin: Admin = {
    state: async () => {
      const failure = fabric?.failure();
      return {
        now: monotonicNow(),
        parameters: parameters.current(),
        vips: state.vipStates(),
        vnics: state.vnicStates(),
        held: pipeline.held(),
        fabricFailure: failure ?? null,
      };
    },
    requests: async (since = 0) => records.requests(since),
    journal: async (since = 0) => records.journal(since),
    handshakes: async () => records.handshakes(),
    faults: async (patch) => {
      const result = parameters.patch(patch);
      await apply();
      return result;
    },
    resetParameters: async () => {
      const result = parameters.reset();
      await apply();
      return result;
    },
    resetRecords: async () => records.reset(),
    release: async (id) => pipeline.release(id),
    rotateCertificates: async ({ instance, retireOld = false } = {}) => authority.rotate(instance, retireOld),
    assign: async (request) => assign(state, request),
    extend: async (addition) => state.extend(addition),
    delete: async (vip) => {
      const found = state.findVip(vip);
      if (!found) throw new Error(`there is no VIP ${vip}`);
      state.remove(found.value.id, CONSOLE);
    },
  };

  const apiOrigin = `https://localhost:${api.address().port}`;
  const { host, port } = metadata.address();
  return {
    admin,
    topology,
    endpoints: { metadata: `http://${host}:${port}/opc/v2`, federation: apiOrigin, network: apiOrigin },
    listening: { metadata: metadata.address(), api: api.address() },
    ca: authority.ca,
    caFile: authority.caFile,
    async close() {
      await Promise.all([metadata.close(), api.close(), fabric?.close()]);
    },
  };
}

function serverNames({ topology, serverNames: more = [] }: SimulatorOptions): readonly string[] {
  const services = ['iaas', 'auth'].map((service) => `${service}.${topology.region}.oraclecloud.com`);
  return [...services, 'localhost', '127.0.0.1', '::1', ...more];
}

function pointFabric(fabric: Fabric, state: VcnState, address: string, subnetId: string, vnicId: string | null): void {
  const bridge = state.subnets.get(subnetId)?.bridge;
  if (bridge === undefined) throw new Error(`the fabric needs the bridge of subnet ${subnetId}`);
  const vnic = vnicId === null ? undefined : state.vnics.get(vnicId);
  fabric.point(address, vnic?.spec.mac, bridge);
}

function assign(state: VcnState, request: AssignRequest): VipState {
  const key = request.id ?? request.address ?? '';
  const vip = state.findVip(key)?.value;
  if (!vip) throw new Error(`there is no VIP ${key}`);
  const { to } = request;
  const vnic = to === null ? undefined : (state.vnics.get(to) ?? state.vnicIn(to, vip.subnetId));
  if (to !== null && vnic?.subnet.id !== vip.subnetId) throw new Error(`${to} has no VNIC in the subnet of ${key}`);
  state.put({ ...vip, vnicId: vnic?.spec.id }, CONSOLE);
  const after = state.vipStates().find((candidate) => candidate.id === vip.id);
  if (!after) throw new Error(`VIP ${key} is gone`);
  return after;
}
