/*
 * The doctor: of-daemon.ts, gather.ts and doctor.ts look, the others judge what was found: cluster.ts (every alarm is a check), config.ts,
 * oci.ts, routes.ts, system.ts are pure.
 */
export { createDaemonDoctor, type DaemonDoctor } from './of-daemon.ts';
