import type { z } from 'zod';
import * as field from './fields.ts';
import { heartbeat, heartbeatOverride } from './schema-heartbeat.ts';

/*
 * The configuration file as it is on disk, the whole contract of it: also what this release refuses (unserved.ts).
 * `docs/configuration.md` and the JSON Schema are made from the descriptions here. Nothing is transformed: effective.ts
 * turns a checked file into the `Config` that the daemon works with.
 */

const MINUTE = 60_000;

const router = field
  .mapping({
    addresses: field
      .listOf(field.hostAddress(), 'a list of at least one IP address', 1)
      .describe(
        'Addresses that carry the heartbeat, the first is the primary one. Address number i of every router belongs to the same network: together they are heartbeat path i.',
      ),
    interfaces: field
      .mappingOf(field.interfaceName(), field.interfaceName(), 'a mapping of interface name to device name')
      .default({})
      .describe('Where this router names an interface differently: name in `groups` to name of the device here.'),
  })
  .describe('One router. Its key is its short host name.');

const route = field.mapping({
  to: field.network().describe('Destination.'),
  via: field.hostAddress().describe('Gateway in the subnet of the interface.'),
});

const groupInterface = field
  .mapping({
    vips: field
      .listOf(field.vipAddress(), 'a list of IP addresses')
      .default([])
      .describe(
        "Floating addresses of the interface. A VIP may carry its subnet's prefix length (`10.0.0.4/28`); it is checked, not needed. The first VIP of the group is its lock: whoever holds it decides who may claim the others.",
      ),
    routes: field
      .listOf(route, 'a list of routes')
      .default([])
      .describe(
        'Static routes to keep on every router, whether it is master or not. They carry protocol 112 in `ip route`; routes of others are never touched.',
      ),
  })
  .describe('One interface. It is tracked even when it has no VIP: if it goes down, the group is in fault.');

const tracker = field.mapping({
  name: field.name().describe('Name in status, logs and metrics.'),
  command: field
    .program()
    .describe('Program and arguments, run without a shell. Exit code 0 means up, everything else down.'),
  interval: field
    .duration(100, 60 * MINUTE)
    .default('2s')
    .describe('How often it runs. A run that takes longer delays the next one: there are never two at once.'),
  timeout: field
    .duration(100, 60 * MINUTE)
    .default('1s')
    .describe('When a run counts as failed; its process group gets SIGTERM then, and SIGKILL after another second.'),
  fall: field.wholeNumber(1, 100).default(3).describe('Failures in a row until it is down.'),
  rise: field.wholeNumber(1, 100).default(3).describe('Successes in a row until it is up.'),
  weight: field
    .wordOrNumber('fault', -253, 253)
    .default('fault')
    .describe(
      'What it does to the group. fault: while it is down, the group is in fault. A positive number is added to the priority while it is up, a negative one while it is down; the sum stays between 1 and 254.',
    ),
});

const hookList = (state: string, more = '') =>
  field
    .listOf(field.program(), 'a list of commands')
    .default([])
    .describe(`Commands to run on becoming ${state}.${more}`);

const group = field
  .mapping({
    virtual_router_id: field
      .wholeNumber(1, 255)
      .describe('VRRP virtual router id (VRID), the same on every router and different for each group.'),
    priority: field
      .mappingOf(field.routerName(), field.wholeNumber(1, 254), 'a mapping of router name to priority')
      .describe('Election priority of every router: the highest one is master. Equal ones are told apart by address.'),
    preempt: field
      .trueOrFalse()
      .default(true)
      .describe('Whether a router of higher priority takes over from a master that works.'),
    preempt_delay: field
      .duration(0, 60 * MINUTE)
      .default('0s')
      .describe('How long such a router waits first, for example until its routing has converged.'),
    interfaces: field
      .mappingOf(field.interfaceName(), groupInterface, 'a mapping of interface name to its VIPs')
      .describe('Interfaces of the group with their VIPs. At least one VIP per group.'),
    heartbeat: heartbeatOverride.optional().describe('What differs from `heartbeat` for this group.'),
    trackers: field
      .listOf(tracker, 'a list of trackers')
      .default([])
      .describe(
        'Commands that watch something else than the interfaces. Before its first result a tracker changes nothing. At start the first result decides at once; one that a reload adds counts from its first success, so that a reload drops no mastership.',
      ),
    sync: field
      .listOf(field.name(), 'a list of group names')
      .default([])
      .describe(
        'Other groups that fail over together with this one; naming them on one side is enough. Faults, weights of trackers, readiness and commands count for all of them. They have to order the routers alike, and pre-empt alike.',
      ),
    hooks: field
      .mapping({
        master: hookList('master'),
        backup: hookList('backup', ' Also on going into standby, and on a master that is told to stop.'),
        fault: hookList('fault'),
      })
      .prefault({})
      .describe(
        'Commands run beside a failover, never before it: one after the other for a group, each at most 60 s. What happened stands in the environment (FAILOVERD_GROUP, FAILOVERD_STATE, …).',
      ),
  })
  .describe('VIPs that fail over together. The key is the name of the group.');

const oci = field.mapping({
  region: field.region().default('auto').describe('Region of the API; auto asks instance metadata.'),
  endpoints: field
    .mapping({
      metadata: field.url().optional().describe('Instance metadata service.'),
      federation: field.url().optional().describe('Identity service that turns the instance certificate into a token.'),
      network: field.url().optional().describe('Virtual network service (VNICs and private IPs).'),
    })
    .optional()
    .describe('Only for private endpoints and tests.'),
  request_timeout: field.duration(100, MINUTE).default('2s').describe('Deadline of one API request.'),
  connections: field.wholeNumber(1, 256).default(24).describe('Connections to the API that are kept warm.'),
  verify_interval: field
    .duration(100, 60 * MINUTE)
    .default('10s')
    .describe('How often every router reads the owner of every VIP.'),
  lease_interval: field
    .duration(100, 60 * MINUTE)
    .default('3s')
    .describe('How often the master stamps its lease on its VNIC while a peer does not hear it.'),
});

export const configFile = field
  .mapping({
    cluster: field.name().describe('Name of the cluster in status, logs and the presence datagrams.'),
    routers: field
      .mappingOf(field.routerName(), router, 'a mapping of router name to its addresses')
      .describe('The routers of the cluster, two or more. The file is the same on all of them.'),
    heartbeat: heartbeat.prefault({}).describe('How the routers hear each other.'),
    groups: field
      .mappingOf(field.name(), group, 'a mapping of group name to its settings')
      .describe('One or more groups of VIPs, each with an election of its own.'),
    mode: field
      .oneOf('active', 'observe')
      .default('active')
      .describe('observe elects and logs what it would claim, and writes nothing.'),
    oci: oci.prefault({}).describe('The Oracle Cloud API. No OCID and no key is needed: the instance principal signs.'),
    addresses: field
      .oneOf('static', 'follow', 'unmanaged')
      .default('static')
      .describe(
        'static: every router has the VIPs on its interfaces all the time; follow: only the master has, or while there is none, the holder; unmanaged: the agent leaves addresses alone.',
      ),
    kernel: field
      .oneOf('report', 'enforce')
      .default('report')
      .describe(
        'What to do about ip_forward and rp_filter that do not suit a router: report or correct them. An MTU is never changed, for only the network behind it knows the right one: failoverctl doctor names one that is too small.',
      ),
    startup_delay: field
      .duration(0, 10 * MINUTE)
      .default('2s')
      .describe('How long a starting router stays backup at least, besides its master down interval.'),
    drain_timeout: field
      .duration(0, 10 * MINUTE)
      .default('10s')
      .describe('How long a stopping master waits until its VIPs have left.'),
    metrics: field
      .mapping({ listen: field.listenAddress().default('127.0.0.1:9112').describe('Where Prometheus reads /metrics.') })
      .prefault({})
      .describe('Metrics.'),
    control: field
      .mapping({
        socket: field.socketPath().default('/run/failoverd/control.sock').describe('Unix socket of failoverctl.'),
      })
      .prefault({})
      .describe('The control socket.'),
    log: field
      .mapping({
        level: field.oneOf('error', 'warn', 'info', 'debug').default('info').describe('Least important level to log.'),
        format: field
          .oneOf('auto', 'pretty', 'json')
          .default('auto')
          .describe('auto: pretty on a terminal, JSON with sd-daemon priorities otherwise.'),
      })
      .prefault({})
      .describe('The log, on standard error.'),
  })
  .describe('Configuration of failoverd, the same bytes on every router.');

/** A checked file, with the defaults of all fields that have a fixed one. */
export type ConfigFile = z.output<typeof configFile>;
