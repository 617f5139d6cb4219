import type { RouterReport, StatusReport, VipReport } from '../../control/api.ts';
import { describe, headline } from './headline.ts';
import { paint, type ScreenOptions, type Tone } from './paint.ts';
import { type Cell, table } from './table.ts';
import { formatAgo, formatSpan } from './time.ts';
import { trackerTable } from './trackers.ts';

/** Silence on one path of a router that is heard on another: presence comes each second, three may be lost. */
const PATH_SILENT = 3;

/** The screen of `failoverctl status`: the sentence that matters, what is wrong, then who and what. */
export function statusScreen(report: StatusReport, options: ScreenOptions): string {
  const headlines = report.groups.map((group) => {
    const { text, tone } = headline(group, report);
    return paint(text, tone, options);
  });
  const alarms = report.alarms.map((alarm) => paint(`ALARM: ${alarm}`, 'bad', options));
  const blocks = [
    [...headlines, ...(report.groups.length === 0 ? ['no group is configured'] : [])],
    alarms,
    routerTable(report, options),
    vipTable(report, options),
    trackerTable(report, options),
    vrrpOnlyNote(report),
    ownershipLines(report).map((line) => paint(line, 'dim', options)),
    [paint(footer(report), 'dim', options)],
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** What cannot be known is said, not guessed. */
function vrrpOnlyNote({ routers }: StatusReport): string[] {
  const names = routers.filter(({ vrrpOnly }) => vrrpOnly).map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    `${names.join(', ')}: VRRP only (heartbeat.transport ip). Readiness, links, configuration and VNICs are unknown, and whoever is not master is silent, alive or not.`,
  ];
}

function routerTable(report: StatusReport, options: ScreenOptions): string[] {
  const rows = report.routers.flatMap((router) =>
    (router.groups.length === 0 ? [undefined] : router.groups).map((own, index): Cell[] => [
      index > 0 ? '' : router.name,
      own?.group ?? '-',
      stateCell(router, own?.state ?? null),
      priorityCell(own),
      ...(index > 0 ? ['', '', '', '', ''] : routerCells(router)),
    ]),
  );
  const head = ['ROUTER', 'GROUP', 'STATE', 'PRIORITY', 'READY', 'LINKS', 'PATHS', 'CONFIG', 'LAST HEARD'];
  return table(head, rows, options);
}

function stateCell(router: RouterReport, state: RouterReport['groups'][number]['state']): Cell {
  // As a backup it would be silent as well.
  if (router.vrrpOnly === true) return state === null ? 'silent' : { text: state, tone: 'good' };
  if (!router.alive) return { text: 'NOT HEARD', tone: 'bad' };
  if (state === null) return 'unknown';
  const tones: Partial<Record<typeof state, Tone>> = { master: 'good', fault: 'bad', standby: 'warn' };
  return { text: state === 'fault' ? 'FAULT' : state, tone: tones[state] };
}

function priorityCell(own: RouterReport['groups'][number] | undefined): Cell {
  if (own === undefined) return '-';
  const { priority, effectivePriority } = own;
  if (effectivePriority === null || effectivePriority === priority) return String(priority);
  return { text: `${effectivePriority} of ${priority}`, tone: 'warn' };
}

function routerCells(router: RouterReport): Cell[] {
  const { ready, configMatches, lastSeen } = router;
  return [
    ready === null ? 'unknown' : ready ? 'yes' : { text: 'NO', tone: 'bad' },
    linksCell(router),
    pathsCell(router),
    configMatches === null ? 'unknown' : configMatches ? 'same' : { text: 'DIFFERS', tone: 'warn' },
    router.self ? 'this router' : lastSeen === null ? 'never' : `${formatSpan(lastSeen)} ago`,
  ];
}

function linksCell({ links }: RouterReport): Cell {
  const down = links.filter(({ up }) => !up).map((link) => link.interface);
  if (links.length === 0) return 'unknown';
  return down.length === 0 ? `${links.length} up` : { text: `${down.join(', ')} DOWN`, tone: 'bad' };
}

function pathsCell({ self, paths, vrrpOnly }: RouterReport): Cell {
  if (self || paths.length === 0) return '-';
  const heard = paths.filter(({ lastSeen }) => lastSeen !== null && lastSeen <= PATH_SILENT).length;
  const text = `${heard} of ${paths.length}`;
  return heard === paths.length || vrrpOnly === true ? text : { text, tone: 'warn' };
}

function vipTable({ groups, time }: StatusReport, options: ScreenOptions): string[] {
  const rows = groups.flatMap((group) =>
    group.vips.map((vip): Cell[] => [
      vip.address,
      vip.interface,
      group.name,
      holderCell(vip, group.master),
      formatAgo(vip.since, time),
      vip.verified === null ? 'never' : formatAgo(vip.verified, time),
      { text: [vip.claiming ? 'claiming' : '', vip.error ?? ''].filter(Boolean).join(': '), tone: 'bad' },
    ]),
  );
  return table(['VIP', 'INTERFACE', 'GROUP', 'HOLDER', 'SINCE', 'VERIFIED', ''], rows, options);
}

/** Whether and why this router claims: what stands behind the table. */
function ownershipLines({ groups, lease }: StatusReport): string[] {
  const locks = groups.flatMap(({ name, lock, verifying, lateWritesDropped = 0 }) => {
    if (!lock) return [];
    const reading = verifying ? '; somebody else may have claimed, so every VIP is read each second' : '';
    const dropped =
      lateWritesDropped === 0 ? '' : `; ${lateWritesDropped} claims were dropped unsent, as they had waited too long`;
    return [`${name}: the lock ${lock.vip} is ${lock.why}${reading}${dropped}`];
  });
  if (lease?.stamping !== true) return locks;
  return [...locks, 'the lease of this router is stamped on its VNIC, for a peer does not confirm to hear it'];
}

function holderCell({ holder, ownership }: VipReport, master: string | null): Cell {
  if (holder === null) return { text: describe(ownership).toUpperCase(), tone: 'bad' };
  return { text: holder, tone: holder === master ? 'good' : 'bad' };
}

function footer({ cluster, router, version, uptime, oci, mode, time }: StatusReport): string {
  const api = oci.ready
    ? `OCI ready${oci.region === undefined ? '' : ` (${oci.region})`}`
    : `OCI NOT READY: ${oci.reason ?? 'unknown reason'}`;
  const observing = mode === 'observe' ? ', ONLY OBSERVING' : '';
  return `${cluster} as ${router} sees it at ${time}: failoverd ${version}, up ${formatSpan(uptime)}, ${api}${observing}`;
}
