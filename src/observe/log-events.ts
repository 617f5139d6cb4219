import type { GroupState } from '../control/api.ts';

/** How urgent an event is, in the words of the configuration's `log.level`. */
export type Level = 'error' | 'warn' | 'info' | 'debug';

/** Everything the daemon ever logs: one closed union, so that no message exists that is not written in this file. */
export type LogEvent =
  | { readonly event: 'started'; readonly version: string; readonly router: string; readonly config: string }
  | { readonly event: 'ready'; readonly after: number }
  | { readonly event: 'config-warning'; readonly detail: string }
  /** `failure`: why it could not be corrected. */
  | {
      readonly event: 'kernel-finding';
      readonly setting: string;
      readonly value: string;
      readonly detail: string;
      readonly failure?: string;
    }
  | { readonly event: 'kernel-corrected'; readonly setting: string; readonly from: string; readonly to: string }
  | {
      readonly event: 'transition';
      readonly group: string;
      readonly from: GroupState;
      readonly to: GroupState;
      readonly reason: string;
      /** Monotonic milliseconds, to be laid beside a capture. */
      readonly at: number;
    }
  | { readonly event: 'rival'; readonly group: string; readonly peer: string; readonly priority: number }
  | { readonly event: 'gave-up'; readonly group: string; readonly to: string }
  | { readonly event: 'flapping'; readonly group: string; readonly delay: number }
  | { readonly event: 'superseded'; readonly group: string; readonly on: boolean; readonly why: string }
  | { readonly event: 'verifying'; readonly group: string; readonly on: boolean }
  | { readonly event: 'lease'; readonly on: boolean; readonly unconfirmedBy: readonly string[] }
  | { readonly event: 'stalled'; readonly group: string; readonly late: number }
  | { readonly event: 'election-warning'; readonly group: string; readonly code: string; readonly peer: string }
  | { readonly event: 'elsewhere'; readonly addresses: readonly string[] }
  | { readonly event: 'peer-heard'; readonly peer: string }
  | { readonly event: 'peer-silent'; readonly peer: string; readonly silentFor: number }
  | { readonly event: 'path-failed'; readonly path: string; readonly detail: string }
  | { readonly event: 'datagram-rejected'; readonly peer: string; readonly path: string; readonly reason: string }
  | {
      readonly event: 'address-list';
      readonly group: string;
      readonly peer: string;
      readonly addresses: readonly string[];
    }
  | { readonly event: 'path-lost'; readonly group: string; readonly master: string; readonly heardBy: string }
  | { readonly event: 'lease-failed'; readonly detail: string }
  | { readonly event: 'presence-failed'; readonly reason: string }
  | { readonly event: 'config-differs'; readonly peer: string }
  | { readonly event: 'link'; readonly interface: string; readonly state: 'up' | 'down' | 'missing' }
  | {
      readonly event: 'tracker';
      readonly group: string;
      readonly tracker: string;
      readonly state: 'unknown' | 'up' | 'down';
      readonly detail?: string;
    }
  | { readonly event: 'tracker-failed'; readonly group: string; readonly tracker: string; readonly detail: string }
  | {
      readonly event: 'hook';
      readonly group: string;
      readonly state: GroupState;
      readonly command: string;
      readonly after: number;
      readonly output: string;
      /** Absent when it worked. */
      readonly error?: string;
    }
  | { readonly event: 'would-run-hook'; readonly group: string; readonly state: GroupState; readonly command: string }
  | { readonly event: 'hooks-cut-off'; readonly after: number }
  | { readonly event: 'sync-split'; readonly group: string; readonly to: string }
  | { readonly event: 'links-reread'; readonly detail: string }
  | { readonly event: 'address-removed'; readonly interface: string; readonly address: string }
  | { readonly event: 'address-added'; readonly interface: string; readonly address: string }
  | {
      readonly event: 'address-failed';
      readonly interface: string;
      readonly address: string;
      readonly detail: string;
    }
  | { readonly event: 'route-added'; readonly to: string; readonly via: string; readonly device: string }
  | { readonly event: 'route-removed'; readonly to: string; readonly via: string }
  | { readonly event: 'route-failed'; readonly detail: string }
  | { readonly event: 'oci-ready'; readonly region: string }
  | { readonly event: 'oci-not-ready'; readonly detail: string }
  | { readonly event: 'inventory-missing'; readonly interface: string; readonly vip?: string; readonly detail: string }
  | { readonly event: 'inventory-complete'; readonly group: string; readonly vips: number }
  | { readonly event: 'group-ready'; readonly group: string }
  | { readonly event: 'group-not-ready'; readonly group: string; readonly reasons: readonly string[] }
  | { readonly event: 'claiming'; readonly group: string; readonly vips: readonly string[]; readonly at: number }
  | { readonly event: 'would-claim'; readonly group: string; readonly vips: readonly string[] }
  | { readonly event: 'standby'; readonly group: string; readonly router: string; readonly on: boolean }
  | { readonly event: 'freeze'; readonly on: boolean; readonly origin: string }
  | {
      readonly event: 'vip-held';
      readonly group: string;
      readonly vip: string;
      readonly after: number;
      readonly claimed: boolean;
      readonly isLock: boolean;
      readonly at: number;
    }
  | { readonly event: 'all-held'; readonly group: string; readonly after: number; readonly at: number }
  | {
      readonly event: 'claim-failed';
      readonly group: string;
      readonly vip: string;
      readonly code: string;
      readonly detail: string;
      readonly retryIn: number;
    }
  | { readonly event: 'drift'; readonly group: string; readonly vip: string; readonly vnic: string | null }
  | { readonly event: 'switchover'; readonly group: string; readonly to: string; readonly origin: string }
  | { readonly event: 'hold-ended'; readonly group: string; readonly reason: string }
  | { readonly event: 'state-not-read' | 'state-not-saved'; readonly file: string; readonly detail: string }
  | { readonly event: 'control-warning'; readonly detail: string }
  | { readonly event: 'metrics-failed'; readonly detail: string }
  | { readonly event: 'draining'; readonly timeout: number }
  | { readonly event: 'drained'; readonly after: number }
  | { readonly event: 'drain-incomplete'; readonly detail: string }
  | { readonly event: 'reloaded'; readonly changes: readonly string[] }
  | { readonly event: 'reload-failed'; readonly detail: string }
  | { readonly event: 'crashed'; readonly detail: string }
  | { readonly event: 'stopped' };

const list = (names: readonly string[]) => `${names.join(', ')} ${names.length === 1 ? 'has' : 'have'}`;
const milliseconds = (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

/** The sentence and the urgency of an event. */
export function describeEvent(entry: LogEvent): { readonly level: Level; readonly message: string } {
  switch (entry.event) {
    case 'started':
      return info(`failoverd ${entry.version} starts as ${entry.router} with ${entry.config}`);
    case 'ready':
      return info(`configuration is valid and all sockets are open after ${milliseconds(entry.after)}`);
    case 'config-warning':
      return warn(entry.detail);
    case 'kernel-finding':
      return warn(
        `${entry.setting} is ${entry.value}: ${entry.detail}${entry.failure === undefined ? '' : ` (it could not be corrected: ${entry.failure})`}`,
      );
    case 'kernel-corrected':
      return info(`${entry.setting} was ${entry.from} and is ${entry.to} now`);
    case 'transition':
      return info(`${entry.group}: ${entry.from} → ${entry.to} (${entry.reason})`);
    case 'rival':
      return warn(`${entry.group}: ${entry.peer} is master too, with priority ${entry.priority}, and has to yield`);
    case 'gave-up':
      return warn(`${entry.group}: no VIP could be claimed in three rounds; ${entry.to} is asked to try`);
    case 'flapping':
      return warn(
        `${entry.group}: too many faults in ten minutes: this router pre-empts only after ${entry.delay / 1000} s`,
      );
    case 'superseded':
      return entry.on
        ? warn(`${entry.group}: superseded, this router claims nothing: the lock is ${entry.why}`)
        : info(`${entry.group}: no longer superseded: the lock is ${entry.why}`);
    case 'verifying':
      return entry.on
        ? info(`${entry.group}: somebody else may have claimed: the VIPs are read each second until that is over`)
        : info(`${entry.group}: two reads in a row found every VIP where it belongs`);
    case 'lease':
      return entry.on
        ? warn(
            `${list(entry.unconfirmedBy)} not confirmed to hear this master: its lease is stamped on its VNIC from now on`,
          )
        : info('the lease on the VNIC of this router is no longer stamped: every peer hears it, or it is not master');
    case 'stalled':
      return warn(`${entry.group}: this process stood still for ${milliseconds(entry.late)}; listening first`);
    case 'election-warning':
      return warn(`${entry.group}: ${electionWarning(entry.code)} (${entry.peer})`);
    case 'elsewhere':
      return warn(
        `no heartbeat address of this router (${entry.addresses.join(', ')}) is on this machine: it takes no part until one is (is it another router? see --node)`,
      );
    case 'peer-heard':
      return info(`${entry.peer} is heard`);
    case 'peer-silent':
      return warn(`${entry.peer} has been silent for ${milliseconds(entry.silentFor)} on every path`);
    case 'path-failed':
      return warn(`heartbeat path ${entry.path}: ${entry.detail}; it is tried again`);
    case 'datagram-rejected':
      return warn(`a datagram of ${entry.peer} on ${entry.path} was rejected: ${entry.reason}`);
    case 'address-list':
      return warn(
        `${entry.group}: the adverts of ${entry.peer} list other addresses than this router's: ${entry.addresses.join(', ') || 'none'}; they are accepted, but a keepalived there discards ours: see heartbeat.advertise`,
      );
    case 'path-lost':
      return warn(
        `${entry.group}: no advert of ${entry.master} arrives here, but ${entry.heardBy} hears it: the path is lost, not the master`,
      );
    case 'lease-failed':
      return warn(`the lease on this router's VNIC was not stamped: ${entry.detail}`);
    case 'presence-failed':
      return warn(
        `peers are not told of this router: its presence is ${entry.reason}; fewer groups or shorter names help`,
      );
    case 'config-differs':
      return warn(`${entry.peer} runs another configuration file than this router`);
    case 'link':
      return entry.state === 'up'
        ? info(`interface ${entry.interface} is up`)
        : warn(`interface ${entry.interface} is ${entry.state}`);
    case 'tracker':
      return entry.state === 'down'
        ? warn(`${entry.group}: tracker ${entry.tracker} is down: ${entry.detail ?? 'no reason known'}`)
        : info(`${entry.group}: tracker ${entry.tracker} is ${entry.state}`);
    case 'tracker-failed':
      return debug(`${entry.group}: tracker ${entry.tracker} failed: ${entry.detail}`);
    case 'hook':
      return entry.error === undefined
        ? info(`${entry.group}: hook ${entry.command} (${entry.state}) ended after ${milliseconds(entry.after)}`)
        : warn(`${entry.group}: hook ${entry.command} (${entry.state}) failed: ${entry.error}`);
    case 'would-run-hook':
      return info(`${entry.group}: would run hook ${entry.command} (${entry.state}) now (mode: observe)`);
    case 'hooks-cut-off':
      return warn(`hooks still run ${milliseconds(entry.after)} after the router handed over: they are ended`);
    case 'sync-split':
      return warn(`${entry.group}: ${entry.to} is master of the group it fails over with: handing over to it`);
    case 'links-reread':
      return warn(`link events were lost and everything is read again: ${entry.detail}`);
    case 'address-added':
      return info(`${entry.address} was added to ${entry.interface}`);
    case 'address-removed':
      return info(`${entry.address} was removed from ${entry.interface}`);
    case 'address-failed':
      return warn(`${entry.address} could not be changed on ${entry.interface}: ${entry.detail}`);
    case 'route-added':
      return info(`the route to ${entry.to} via ${entry.via} was added on ${entry.device}`);
    case 'route-removed':
      return info(`the route to ${entry.to} via ${entry.via} was removed`);
    case 'route-failed':
      return warn(entry.detail);
    case 'oci-ready':
      return info(`OCI is ready in ${entry.region}`);
    case 'oci-not-ready':
      return warn(`OCI is not ready: ${entry.detail}`);
    case 'inventory-missing':
      return warn(
        `${entry.vip === undefined ? entry.interface : `VIP ${entry.vip} on ${entry.interface}`}: ${entry.detail}`,
      );
    case 'inventory-complete':
      return info(`${entry.group}: all ${entry.vips} VIPs were found in OCI`);
    case 'group-ready':
      return info(`${entry.group}: this router could take over now`);
    case 'group-not-ready':
      return warn(`${entry.group}: this router could not take over: ${entry.reasons.join('; ')}`);
    case 'claiming':
      return info(`${entry.group}: claiming ${entry.vips.join(', ')}`);
    case 'would-claim':
      return info(`${entry.group}: would claim ${entry.vips.join(', ')} now (mode: observe)`);
    case 'standby':
      return info(`${entry.group}: ${entry.router} ${entry.on ? 'goes into standby' : 'takes part again'}`);
    case 'freeze':
      return entry.on
        ? warn(`${entry.origin} froze every claim in the cluster`)
        : info(`${entry.origin} ended the freeze`);
    case 'vip-held': {
      const vip = entry.isLock ? `${entry.vip}, the lock,` : entry.vip;
      const how = entry.claimed ? `held, ${milliseconds(entry.after)} after becoming master` : 'held already';
      return info(`${entry.group}: ${vip} is ${how}`);
    }
    case 'all-held':
      return info(`${entry.group}: every VIP is held, ${milliseconds(entry.after)} after becoming master`);
    case 'claim-failed': {
      const again = entry.retryIn === 0 ? '' : `; again in ${milliseconds(entry.retryIn)}`;
      return warn(`${entry.group}: ${entry.vip} was not claimed: ${entry.detail}${again}`);
    }
    case 'drift':
      return warn(`${entry.group}: ${entry.vip} was taken by ${entry.vnic ?? 'nobody (unassigned)'} from this master`);
    case 'switchover':
      return info(`${entry.group}: ${entry.origin} asks for a planned failover to ${entry.to}`);
    case 'hold-ended':
      return info(`${entry.group}: the hold of the planned failover ended (${entry.reason})`);
    case 'state-not-read':
      return warn(`${entry.file} could not be read: ${entry.detail}; holds, standby and freeze begin anew`);
    case 'state-not-saved':
      return warn(`${entry.file} could not be written: ${entry.detail}; a hold would not survive a restart`);
    case 'control-warning':
      return warn(entry.detail);
    case 'metrics-failed':
      return warn(`metrics are not served: ${entry.detail}`);
    case 'reloaded':
      return info(
        entry.changes.length === 0
          ? 'the configuration was read again; nothing changed'
          : `the configuration was read again: ${entry.changes.join('; ')}`,
      );
    case 'reload-failed':
      return { level: 'error', message: `the old configuration stays: ${entry.detail}` };
    case 'draining':
      return info(`handing over, for at most ${milliseconds(entry.timeout)}`);
    case 'drained':
      return info(`every VIP has left after ${milliseconds(entry.after)}`);
    case 'drain-incomplete':
      return warn(entry.detail);
    case 'crashed':
      return { level: 'error', message: `a mistake in failoverd, please report it: ${entry.detail}` };
    case 'stopped':
      return info('stopped');
  }
}

function debug(message: string) {
  return { level: 'debug', message } as const;
}

function info(message: string) {
  return { level: 'info', message } as const;
}

function warn(message: string) {
  return { level: 'warn', message } as const;
}

function electionWarning(code: string): string {
  switch (code) {
    case 'own-address':
      return 'an advert with our own address and priority arrived: a reflection, or two routers with one address';
    case 'two-owners':
      return 'two routers are configured with priority 255';
    case 'interval-differs':
      return 'the master uses another advert interval; it was adopted';
    case 'interval-mismatch':
      return 'a VRRPv2 advert with another interval was discarded; configure the same interval everywhere';
    default:
      return code;
  }
}
