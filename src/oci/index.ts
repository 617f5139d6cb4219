/**
 * The OCI side of the daemon: metadata, instance principal, inventory and private-IP calls.
 *
 * `oci.ts` is the main thread's half and loads no SDK. `worker.ts` is the entry of the worker thread, where `service.ts`
 * puts together: `session.ts` (token kept fresh) over `metadata.ts`, `instance-principal.ts` and `region.ts`;
 * `network-client.ts` (the SDK's client) over `signer.ts` and the warm `connections.ts`; and the calls `inventory.ts`,
 * `private-ip.ts`, `subnet-reader.ts`, `vnic.ts`. `errors.ts` says what every failure means.
 */

export type * from './inspection.ts';
export { createOci, type WorkerPlace } from './oci.ts';
export type * from './types.ts';
