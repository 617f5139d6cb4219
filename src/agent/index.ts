/**
 * One router put together. router.ts wires the parts and is free of I/O: the clock, the transport, OCI and the kernel
 * are injected, so that a simulation can run whole routers; daemon.ts is the process around it.
 */
export { type DaemonOptions, EXIT_CONFIG, runDaemon } from './daemon.ts';
