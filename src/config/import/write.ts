import { formatDuration } from '../duration.ts';
import type { Milliseconds } from '../model.ts';
import type { Draft, DraftAuth, DraftGroup, DraftHeartbeat, DraftInterface, DraftTracker, HookState } from './draft.ts';
import { formatRemark, type Remark } from './remark.ts';

/* The draft as the text of failoverd.yaml, in the order and the style of docs/failoverd.example.yaml. */

const HOOK_STATES: readonly HookState[] = ['master', 'backup', 'fault'];

export function writeDraft(draft: Draft, sources: readonly string[], remarks: readonly Remark[]): string {
  const [first] = draft.groups;
  const common = first?.heartbeat;
  return [
    `# /etc/failoverd/failoverd.yaml, the same file on every router. Made by failoverctl config import-keepalived from:`,
    ...sources.map((source) => `#   ${oneLine(source)}`),
    '# Every key: docs/configuration.md. Check it on every router with: failoverctl config check',
    ...(draft.groups.some(({ interfaces }) => interfaces.some(({ comments }) => comments.length > 0))
      ? ['# The OCIDs in comments are for you to compare: failoverd finds its VNICs by itself.']
      : []),
    '',
    ...section('On every router, before the daemon starts:', draft.preparations),
    `cluster: ${scalar(draft.cluster)}`,
    '',
    'routers:',
    ...draft.routers.map(({ name, addresses, devices }) => {
      const renamed = Object.keys(devices).length === 0 ? '' : `, interfaces: ${flowMap(devices)}`;
      return `  ${scalar(name)}: { addresses: ${flow(addresses)}${renamed} }`;
    }),
    '',
    'heartbeat:',
    `  transport: ${draft.transport}`,
    ...(draft.minTtl === undefined ? [] : [`  min_ttl: ${draft.minTtl}`]),
    ...(common === undefined ? [] : heartbeatLines(common, undefined, '  ')),
    '',
    'groups:',
    ...draft.groups.flatMap((group) => groupLines(group, common)),
    ...(draft.startupDelay === undefined ? [] : ['', `startup_delay: ${duration(draft.startupDelay)}`]),
    '',
    ...section('To do, or to look at:', remarks.filter(({ kind }) => kind !== 'note').map(formatRemark)),
    ...section(
      'Has no equivalent here, and needs none:',
      remarks.filter(({ kind }) => kind === 'note').map(formatRemark),
    ),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`# ${title}`, ...lines.map((line) => `#   ${oneLine(line)}`), ''];
}

function groupLines(group: DraftGroup, common: DraftHeartbeat | undefined): string[] {
  const own = heartbeatLines(group.heartbeat, common, '      ');
  const hooks = HOOK_STATES.filter((state) => group.hooks[state].length > 0);
  return [
    `  ${scalar(group.name)}:`,
    `    virtual_router_id: ${group.virtualRouterId}`,
    `    priority: ${flowMap(group.priority)}`,
    `    preempt: ${group.preempt}`,
    ...(group.preemptDelay === 0 ? [] : [`    preempt_delay: ${duration(group.preemptDelay)}`]),
    ...(own.length === 0 ? [] : ['    heartbeat:', ...own]),
    '    interfaces:',
    ...group.interfaces.flatMap(interfaceLines),
    ...(group.trackers.length === 0 ? [] : ['    trackers:', ...group.trackers.map(trackerLine)]),
    ...(group.sync.length === 0 ? [] : [`    sync: ${flow(group.sync)}`]),
    ...(hooks.length === 0
      ? []
      : ['    hooks:', ...hooks.map((state) => `      ${state}: [${group.hooks[state].map(flow).join(', ')}]`)]),
  ];
}

function interfaceLines({ name, vips, routes, comments }: DraftInterface): string[] {
  const parts = [
    ...(vips.length === 0 ? [] : [`vips: ${flow(vips)}`]),
    ...(routes.length === 0 ? [] : [`routes: [${routes.map((route) => flowMap({ ...route })).join(', ')}]`]),
  ];
  return [
    ...comments.map((comment) => `      # ${oneLine(comment)}`),
    `      ${scalar(name)}: ${parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`}`,
  ];
}

/** What is said in full for the common part, and for a group what differs from it. */
function heartbeatLines(own: DraftHeartbeat, common: DraftHeartbeat | undefined, indent: string): string[] {
  const differs = (key: keyof DraftHeartbeat): boolean =>
    common === undefined || JSON.stringify(common[key]) !== JSON.stringify(own[key]);
  const { version, interval, advertise, auth } = own;
  // A version needs an interval that goes with it, a list of addresses belongs to one group only.
  return [
    ...(differs('version') ? [`${indent}version: ${version}`] : []),
    ...(differs('interval') && interval !== undefined ? [`${indent}interval: ${duration(interval)}`] : []),
    ...(differs('advertise')
      ? [`${indent}advertise: ${typeof advertise === 'string' ? advertise : flow(advertise)}`]
      : []),
    ...(differs('auth') ? [`${indent}auth:`, ...authLines(auth, `${indent}  `)] : []),
  ];
}

function authLines(auth: DraftAuth, indent: string): string[] {
  const lines = [`${indent}mode: ${auth.mode}`];
  if (auth.mode === 'password') lines.push(`${indent}pass: ${scalar(auth.pass)}`);
  if (auth.mode === 'enforce' || auth.mode === 'permissive') {
    lines.push(`${indent}keys: ${flowMap(auth.keys)}`, `${indent}active_key: ${auth.activeKey}`);
    if (auth.timeWindow !== undefined) lines.push(`${indent}time_window: ${duration(auth.timeWindow)}`);
  }
  return lines;
}

function trackerLine({ name, command, interval, timeout, fall, rise, weight }: DraftTracker): string {
  const times = `interval: ${duration(interval)}, timeout: ${duration(timeout)}, fall: ${fall}, rise: ${rise}`;
  return `      - { name: ${scalar(name)}, command: ${flow(command)}, ${times}, weight: ${weight} }`;
}

function flow(items: readonly string[]): string {
  return `[${items.map(scalar).join(', ')}]`;
}

function flowMap(map: Readonly<Record<string, string | number>>): string {
  const entries = Object.entries(map);
  return entries.length === 0
    ? '{}'
    : `{ ${entries.map(([key, value]) => `${/^\d+$/.test(key) ? key : scalar(key)}: ${scalar(value)}`).join(', ')} }`;
}

/** Plain where YAML 1.2 and its older readers cannot take it for something else, quoted as JSON otherwise. */
function scalar(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const isPlain = /^[A-Za-z/][A-Za-z0-9/._-]*$/.test(value) || /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(value);
  const isWord = /^(true|false|yes|no|on|off|y|n|null)$/i.test(value);
  return isPlain && !isWord ? value : JSON.stringify(value);
}

function duration(value: Milliseconds): string {
  return formatDuration(value);
}

/** A comment must not end where its text has a line end. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
