import { expect, test } from 'vitest';
import type { GroupReport, RouterReport, StatusReport, VipReport } from '../../control/api.ts';
import { STATUS } from '../../control/control.test-support.ts';
import { headline } from './headline.ts';
import { statusScreen } from './status.ts';

const ESCAPE = '\u001b';
const plain = { colour: false };

/** The reference deployment with routers, the group and its VIPs changed. */
function status(changes: {
  routers?: Record<string, Partial<RouterReport>>;
  group?: Partial<GroupReport>;
  vips?: Record<string, Partial<VipReport>>;
  report?: Partial<StatusReport>;
}): StatusReport {
  return {
    ...STATUS,
    ...changes.report,
    routers: STATUS.routers.map((router) => ({ ...router, ...changes.routers?.[router.name] })),
    groups: STATUS.groups.map((group) => ({
      ...group,
      ...changes.group,
      vips: group.vips.map((vip) => ({ ...vip, ...changes.vips?.[vip.address] })),
    })),
  };
}

const sentences = (report: StatusReport): string[] => report.groups.map((group) => headline(group, report).text);
const own = (state: 'master' | 'backup' | 'fault' | null) => [
  { group: 'isv', state, priority: 100, effectivePriority: state === null ? null : 100 },
];

test('all is well', () => {
  expect(statusScreen(STATUS, plain)).toBe(`isv: vrouter1 is master and holds 3 of 3 VIPs; vrouter2 ready to take over

ROUTER    GROUP  STATE   PRIORITY  READY  LINKS  PATHS   CONFIG  LAST HEARD
vrouter1  isv    master  200       yes    3 up   -       same    this router
vrouter2  isv    backup  100       yes    3 up   2 of 2  same    0.4 s ago

VIP             INTERFACE  GROUP  HOLDER    SINCE    VERIFIED
172.20.136.132  ens3       isv    vrouter1  1 d ago  4.0 s ago
10.0.0.4        ens5       isv    vrouter1  1 d ago  4.0 s ago
10.0.0.36       ens6       isv    vrouter1  1 d ago  4.0 s ago

isv-pod as vrouter1 sees it at 2026-01-02T03:00:00.000Z: failoverd 0.1.0, up 1 d 1 h, OCI ready (eu-frankfurt-1)
`);
});

test('the night it happens', () => {
  const report = status({
    report: {
      alarms: ['vrouter2 is not heard for 12 s', '10.0.0.36 could not be claimed: HTTP 429'],
      oci: { ready: false, reason: 'no token' },
    },
    routers: {
      vrouter1: {
        ready: false,
        links: [
          { interface: 'ens3', up: true },
          { interface: 'ens5', up: false },
        ],
        groups: [{ group: 'isv', state: 'fault', priority: 200, effectivePriority: 13 }],
      },
      vrouter2: {
        alive: false,
        lastSeen: 12,
        ready: null,
        configMatches: false,
        links: [],
        paths: [
          { local: '172.20.136.130', peer: '172.20.136.131', lastSeen: 12 },
          { local: '10.0.0.2', peer: '10.0.0.3', lastSeen: null },
        ],
        groups: own(null),
      },
    },
    group: { master: null },
    vips: {
      '10.0.0.4': { holder: null, ownership: 'unassigned', since: null },
      '10.0.0.36': { holder: null, ownership: 'foreign', claiming: true, error: 'HTTP 429' },
    },
  });
  expect(statusScreen(report, plain)).toBe(`isv: NO MASTER; VIPs: 1 with vrouter1, 1 unassigned, 1 on a foreign VNIC

ALARM: vrouter2 is not heard for 12 s
ALARM: 10.0.0.36 could not be claimed: HTTP 429

ROUTER    GROUP  STATE      PRIORITY   READY    LINKS      PATHS   CONFIG   LAST HEARD
vrouter1  isv    FAULT      13 of 200  NO       ens5 DOWN  -       same     this router
vrouter2  isv    NOT HEARD  100        unknown  unknown    0 of 2  DIFFERS  12 s ago

VIP             INTERFACE  GROUP  HOLDER             SINCE    VERIFIED
172.20.136.132  ens3       isv    vrouter1           1 d ago  4.0 s ago
10.0.0.4        ens5       isv    UNASSIGNED         unknown  4.0 s ago
10.0.0.36       ens6       isv    ON A FOREIGN VNIC  1 d ago  4.0 s ago  claiming: HTTP 429

isv-pod as vrouter1 sees it at 2026-01-02T03:00:00.000Z: failoverd 0.1.0, up 1 d 1 h, OCI NOT READY: no token
`);
});

test('beside keepalived: what is unknown is said, and silence is no alarm', () => {
  const silent: Partial<RouterReport> = { alive: false, vrrpOnly: true, ready: null, configMatches: null, links: [] };
  const report = status({ routers: { vrouter2: { ...silent, lastSeen: null, groups: own(null) } } });
  const screen = statusScreen(report, plain).split('\n');
  expect(screen[0]).toBe('isv: vrouter1 is master and holds 3 of 3 VIPs; whether vrouter2 could take over is unknown');
  expect(screen.find((line) => line.startsWith('vrouter2 '))).toMatch(
    /^vrouter2 +isv +silent +100 +unknown +unknown +\d of 2 +unknown +never$/,
  );
  expect(screen).toContainEqual(expect.stringMatching(/^vrouter2: VRRP only .* whoever is not master is silent/));
});

test('a master that is known by its adverts', () => {
  const heard: Partial<RouterReport> = { vrrpOnly: true, ready: null, configMatches: null, links: [] };
  const report = status({
    routers: { vrouter1: { groups: own('backup') }, vrouter2: { ...heard, groups: own('master') } },
    group: { master: 'vrouter2' },
    vips: {
      '172.20.136.132': { holder: 'vrouter2' },
      '10.0.0.4': { holder: 'vrouter2' },
      '10.0.0.36': { holder: 'vrouter2' },
    },
  });
  expect(sentences(report)).toEqual(['isv: vrouter2 is master and holds 3 of 3 VIPs; vrouter1 ready to take over']);
});

test('colour is only added, never needed', () => {
  const coloured = statusScreen(STATUS, { colour: true });
  expect(coloured.replaceAll(new RegExp(`${ESCAPE}\\[\\d+m`, 'g'), '')).toBe(statusScreen(STATUS, plain));
  expect(coloured.startsWith(`${ESCAPE}[32misv: vrouter1 is master`)).toBe(true);
});

test.each<[string, Parameters<typeof status>[0], string]>([
  [
    'nobody to take over',
    { routers: { vrouter2: { ready: false } } },
    'isv: vrouter1 is master and holds 3 of 3 VIPs; NOBODY IS READY TO TAKE OVER',
  ],
  [
    'a peer in fault',
    { routers: { vrouter2: { groups: own('fault') } } },
    'isv: vrouter1 is master and holds 3 of 3 VIPs; NOBODY IS READY TO TAKE OVER',
  ],
  [
    'a VIP elsewhere',
    { vips: { '10.0.0.4': { holder: 'vrouter2' } } },
    'isv: vrouter1 is master and holds 2 of 3 VIPs (1 with vrouter2); vrouter2 ready to take over',
  ],
  [
    'a hold',
    { group: { hold: { target: 'vrouter1', since: STATUS.time } } },
    'isv: vrouter1 is master and holds 3 of 3 VIPs; vrouter2 ready to take over; held until failoverctl failback',
  ],
  [
    'two masters',
    { routers: { vrouter2: { groups: own('master') } } },
    'isv: 2 MASTERS, vrouter1 and vrouter2; VIPs: 3 with vrouter1',
  ],
  [
    'no master',
    { group: { master: null }, vips: { '10.0.0.4': { holder: null, ownership: 'unknown' } } },
    'isv: NO MASTER; VIPs: 2 with vrouter1, 1 unknown',
  ],
])('%s', (_, changes, sentence) => {
  expect(sentences(status(changes))).toEqual([sentence]);
});
