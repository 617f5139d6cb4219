import type { DoctorCheck, GroupReport, RouterReport, StatusReport } from '../../control/api.ts';
import type { Alarm, AlarmTopic } from '../alarms.ts';
import { failed, ok, unknown, warning } from './check.ts';

/** How bad an alarm is for a failover, and what to do. */
const ADVICE: Readonly<Record<AlarmTopic, readonly ['warning' | 'failed', string]>> = {
  machine: ['failed', 'start the daemon with the name of this machine (--node), or correct routers.NAME.addresses'],
  freeze: ['failed', 'failoverctl freeze off, when the work in the console is done'],
  superseded: [
    'failed',
    'mend the way between the routers, or wait for the lease: failoverctl status shows the holder',
  ],
  master: ['failed', 'failoverctl status names the interfaces that are down and the reasons why nobody is ready'],
  holder: ['failed', 'failoverctl verify reads the owners now and claims back what drifted'],
  link: ['failed', 'ip link show; the VNIC has to be attached, and the interface configured and up'],
  tracker: ['failed', 'run its command by hand; while it is down, this router is in fault or has less priority'],
  hook: ['warning', 'run its command by hand: a failover does not wait for hooks, but what it does was not done'],
  readiness: ['failed', 'the checks of OCI below say which part of it is missing'],
  lease: [
    'warning',
    'the policy needs "use vnics" for the routers; without leases a partition leaves VIPs where they are',
  ],
  peer: [
    'failed',
    'is failoverd running there? Then the security rules for the heartbeat, UDP port 8112, on every path',
  ],
  path: ['warning', 'the security rules and the firewall of this network: the other paths have to carry everything'],
  adverts: [
    'failed',
    'compare the heartbeat of both configurations: version, interval, key, virtual_router_id, min_ttl',
  ],
  clock: ['warning', 'chronyc tracking on both: claims are signed with the time, and OCI refuses five minutes'],
  'peer-readiness': ['failed', 'failoverctl doctor on that router says why'],
  'peer-link': ['failed', 'ip link show on that router; it takes nothing over while one of its interfaces is down'],
  'config-peer': ['failed', 'copy the same file to every router, then failoverctl reload on each'],
  forwarding: [
    'failed',
    'set "skip source/destination check" on the VNIC, in the console or with oci network vnic update',
  ],
  'static-route': ['warning', 'ip route show: another route to it may be in the way, or its gateway not be reachable'],
  address: ['failed', 'the log says why (address-failed): journalctl -u failoverd'],
  state: ['warning', 'StateDirectory=failoverd in the unit, its permissions, and room on its disk'],
  hold: ['warning', 'failoverctl failback ends the hold of the planned failover'],
};

/** Topics that other checks look at afresh; the alarm may be as old as the last look of the daemon itself. */
const LOOKED_AT_AFRESH: ReadonlySet<AlarmTopic> = new Set<AlarmTopic>(['forwarding', 'lease', 'address', 'state']);

/** What this router knows of the cluster: every alarm is a check that failed, and what raises none is well. */
export function checkCluster(report: StatusReport, alarms: readonly Alarm[]): readonly DoctorCheck[] {
  const left = alarms.filter(({ topic }) => !LOOKED_AT_AFRESH.has(topic));
  const expected = [
    ...ofThisRouter(report),
    ...report.groups.flatMap((group) => ofGroup(group)),
    ...report.routers.filter(({ self }) => !self).flatMap(ofPeer),
  ];
  const concerns = (alarm: Alarm, check: DoctorCheck) => alarm.topic === check.check && alarm.about === check.about;
  const checks = expected.flatMap((check) => {
    const raised = left.filter((alarm) => concerns(alarm, check));
    return raised.length === 0 ? [check] : raised.map(checkOf);
  });
  // An alarm that nobody expects, as one of a later release, is not lost.
  const others = left.filter((alarm) => !expected.some((check) => concerns(alarm, check)));
  return [...checks, ...others.map(checkOf), ...report.routers.flatMap((router) => statesOf(router))];
}

function checkOf({ topic, about, text }: Alarm): DoctorCheck {
  const [result, advice] = ADVICE[topic];
  return { check: topic, about, result, finding: text, advice };
}

function ofThisRouter({ router, routers, mode }: StatusReport): DoctorCheck[] {
  const links = routers.find(({ self }) => self)?.links ?? [];
  return [
    ok('machine', router, 'a heartbeat address of this router is on this machine'),
    ok('freeze', 'cluster', 'claims are allowed'),
    mode === 'active'
      ? ok('mode', router, 'active: as a master it claims')
      : warning(
          'mode',
          router,
          'mode: observe claims nothing',
          'mode: active, when it has been watched for long enough',
        ),
    ...links.map((link) => ok('link', link.interface, `${link.interface} is up and has carrier`)),
  ];
}

function ofGroup({ name, master, vips, trackers }: GroupReport): DoctorCheck[] {
  return [
    ok('superseded', name, 'this router waits for nobody whom it does not hear'),
    ok('master', name, `${master ?? 'nobody'} is master`),
    ok('readiness', name, 'this router could take over'),
    ok('hold', name, 'no planned failover keeps anybody from pre-empting'),
    ...(trackers ?? []).map(({ name: tracker, state }) => {
      const about = `${name} ${tracker}`;
      if (state === 'up') return ok('tracker', about, `${tracker} is up`);
      return unknown('tracker', about, `${tracker} is ${state}`, 'ask again when its command has run a few times');
    }),
    ...vips.map(({ address, ownership }) => {
      const about = `${name} ${address}`;
      if (ownership === 'foreign') {
        const finding = `${address} is on a VNIC that names no router: the master's, as far as can be known`;
        return unknown('holder', about, finding, 'the addresses of the VNIC in the console tell whose it is');
      }
      if (ownership !== 'unknown') return ok('holder', about, `${address} is with the master ${master ?? 'nobody'}`);
      return unknown('holder', about, `who holds ${address} was never read`, 'the checks of OCI below say why');
    }),
  ];
}

/** Only a master has something to say, and nothing but that. */
function ofVrrpOnlyPeer({ name, alive }: RouterReport): DoctorCheck[] {
  const silent = `${name} is silent, as whoever speaks VRRP only and is not master is, alive or not`;
  return [
    alive ? ok('peer', name, `${name} is heard`) : unknown('peer', name, silent, 'look there whether its daemon runs'),
    ok('adverts', name, 'none of its adverts was rejected lately'),
    unknown('peer-readiness', name, `whether ${name} could take over is not known`, UNTOLD),
  ];
}

const UNTOLD = 'it is told by presence, which keepalived does not send';

function ofPeer(peer: RouterReport): DoctorCheck[] {
  const { name } = peer;
  if (peer.vrrpOnly === true) return ofVrrpOnlyPeer(peer);
  if (!peer.alive) return [ok('peer', name, `${name} is heard`)];
  return [
    ok('peer', name, `${name} is heard`),
    ...peer.paths.map((path) => ok('path', `${name} ${path.peer}`, `heard on ${path.local} ← ${path.peer}`)),
    ok('adverts', name, 'none of its adverts was rejected lately'),
    peer.clockOffset === null
      ? unknown('clock', name, `the clock of ${name} is not known`, UNTOLD)
      : ok('clock', name, `its clock differs from this router's by ${Math.abs(peer.clockOffset).toFixed(1)} s`),
    peer.ready === null
      ? unknown('peer-readiness', name, `whether ${name} could take over is not known`, UNTOLD)
      : ok('peer-readiness', name, `${name} could take over`),
    peer.configMatches === null
      ? unknown('config-peer', name, `the configuration of ${name} is not known`, UNTOLD)
      : ok('config-peer', name, `${name} runs the same configuration`),
    ...peer.links.map((link) => ok('peer-link', `${name} ${link.interface}`, `${link.interface} of ${name} is up`)),
  ];
}

/** Takes part, or not: standby is no alarm, for an admin asked for it, but nobody takes over there. */
function statesOf(router: RouterReport): DoctorCheck[] {
  const { name } = router;
  return router.groups.flatMap(({ group, state }) => {
    const about = `${name} ${group}`;
    switch (state) {
      case null:
        return [];
      case 'standby':
        return [
          warning(
            'state',
            about,
            `${name} is in standby in ${group}`,
            `failoverctl standby off ${name} --group ${group}`,
          ),
        ];
      case 'fault':
        return [
          failed('state', about, `${name} is in fault in ${group}`, `failoverctl doctor on ${name} names the reason`),
        ];
      case 'init':
        return [unknown('state', about, `${name} is starting`, 'ask again in a few seconds')];
      default:
        return [ok('state', about, `${name} takes part as ${state}`)];
    }
  });
}

/** The release of every router, as far as presence tells. */
export function checkReleases({ version, routers }: StatusReport): readonly DoctorCheck[] {
  return routers
    .filter(({ self, alive }) => !self && alive)
    .map(({ name, version: theirs }) => {
      if (theirs == null) {
        return unknown(
          'release',
          name,
          `the release of ${name} is not known`,
          'a release before this one does not tell',
        );
      }
      if (theirs === version) return ok('release', name, `${name} runs failoverd ${theirs}, as this router does`);
      const finding = `${name} runs failoverd ${theirs}, this router ${version}`;
      return warning('release', name, finding, 'finish the upgrade: two releases in a row understand each other');
    });
}
