/**
 * The Linux kernel, through libc (koffi) and /proc: links and addresses over netlink, raw IP sockets, socket options Node
 * has no call for, * peer credentials of unix sockets, sd_notify, sysctl checks. Nothing in here knows of VRRP, VIP ownership or OCI.
 *
 * `link-table.ts`, `netlink-decode.ts` and `netlink-encode.ts` are pure; the others do I/O that does not wait.
 */
export { type AddressOptions, ensureAddress, removeAddress } from './addresses.ts';
export { runCommand } from './command.ts';
export {
  type CommandOptions,
  type CommandResult,
  type CommandRun,
  describeResult,
  type RunCommand,
} from './command-result.ts';
export {
  checkKernelSettings,
  correctKernelSetting,
  type KernelFinding,
  type KernelSettingsOptions,
} from './kernel-settings.ts';
export type { AddressChange, Link, LinkAddress, LinkChange } from './link-table.ts';
export { type LinkWatcher, type LinkWatcherOptions, watchLinks } from './links.ts';
export { LinuxError, type LinuxErrorCode } from './linux-error.ts';
export { type PeerCredentials, peerCredentials } from './peer-credentials.ts';
export { openRawIp, type RawIpOptions, type RawIpPacket, type RawIpSocket } from './raw-ip.ts';
export { addRoute, listOwnRoutes, type OwnRoute, type Route, removeRoute } from './routes.ts';
export { createNotifier, type Notifier, type NotifierEnvironment } from './sd-notify.ts';
export { bindToDevice, clearReuseAddress, setReceiveBuffer, setTypeOfService } from './sockets.ts';
