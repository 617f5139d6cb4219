import type { DoctorReport } from '../../control/api.ts';
import { failedInspection, type OciInspector, type Probe } from '../../oci/inspection.ts';
import type { InterfaceInventory, Milliseconds, Oci } from '../../oci/types.ts';
import type { Examination } from '../router-types.ts';
import { checkCluster, checkReleases } from './cluster.ts';
import { type ConfigOnDisk, checkConfig } from './config.ts';
import { checkOci, tooLate } from './oci.ts';
import { checkSystem, type SystemFindings } from './system.ts';
import type { Writes } from './writes.ts';

/** Whatever did not answer by then is reported as such: a request at the socket may take 30 s. */
export const DOCTOR_LIMIT: Milliseconds = 20_000;

export interface DoctorSources {
  readonly examine: () => Examination;
  readonly onDisk: () => Promise<ConfigOnDisk>;
  readonly oci: Pick<Oci, 'discover' | 'refreshToken'> & OciInspector;
  readonly writes: Writes;
  readonly system: () => Promise<Omit<SystemFindings, 'config' | 'self' | 'masterOf'>>;
  /** Monotonic, and Unix time; milliseconds. */
  readonly now: () => Milliseconds;
  readonly wall: () => number;
}

/** Checks everything a failover will need, without moving anything. Those who ask meanwhile share one answer. */
export function createDoctor(sources: DoctorSources): () => Promise<DoctorReport> {
  let underWay: Promise<DoctorReport> | undefined;
  return () => {
    underWay ??= examine(sources).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

async function examine(sources: DoctorSources): Promise<DoctorReport> {
  const [onDisk, system, cloud] = await Promise.all([sources.onDisk(), sources.system(), lookAtCloud(sources)]);
  // Last: what was asked of OCI may have told the router something, too.
  const { loaded, report, alarms } = sources.examine();
  const { config, self } = loaded;
  const masterOf = (group: string) => report.groups.find(({ name }) => name === group)?.master === self.name;
  return {
    version: report.version,
    cluster: report.cluster,
    router: report.router,
    time: report.time,
    checks: [
      ...checkCluster(report, alarms),
      ...checkReleases(report),
      ...checkConfig(loaded, onDisk),
      ...checkOci({ config, status: report.oci, now: sources.wall(), writes: sources.writes, ...cloud }),
      ...checkSystem({ config, self, masterOf, ...system }),
    ],
  };
}

async function lookAtCloud({ examine, oci: client, now }: DoctorSources) {
  const { query } = examine();
  const startedAt = now();
  const exchange = client.refreshToken().then((answer): Probe => {
    return answer.ok ? { ok: true, duration: now() - startedAt } : answer;
  });
  const discovery = client.discover(query).then(async (inventory) => ({
    inventory,
    inspection: await client.inspect(inventory.flatMap(vipsOf)),
  }));
  const late = tooLate('OCI', DOCTOR_LIMIT);
  const [probe, found] = await Promise.all([
    within(exchange, late),
    within(discovery, {
      inventory: query.map((asked): InterfaceInventory => ({ ...late, interface: asked.interface })),
      inspection: failedInspection(late),
    }),
  ]);
  return { exchange: probe, ...found };
}

function vipsOf(entry: InterfaceInventory) {
  return entry.ok ? entry.vips.flatMap((vip) => (vip.ok ? [vip.record.id] : [])) : [];
}

/** The promise's value, or the other one when it takes too long. */
function within<T>(promise: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(otherwise), DOCTOR_LIMIT);
    timer.unref();
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
