/** Puts what the simulator, the wire, the daemons and the prober recorded during one step on one timeline. */
import type { JournalEntry, RequestRecord } from '../oci-simulator/types.ts';
import type { Advert } from './capture.ts';
import type { FlowReport } from './flow.ts';
import type { Lab } from './lab.ts';
import type { LogLine } from './routers.ts';
import { exitText, type FlowRow, type Mark, type Measures, type VipRow } from './scenario.ts';

/** Longest excerpt of the daemons' logs in one timeline. */
const LOG_LINES = 30;

/** Everything recorded since a step began. */
export interface StepRecords {
  readonly faultAt: number;
  /** Who was master when it began, and is to be when it ends. */
  readonly before: string;
  readonly master: string;
  readonly journal: readonly JournalEntry[];
  readonly requests: readonly RequestRecord[];
  readonly flows: readonly FlowReport[];
  readonly holders: ReadonlyMap<string, string | null>;
}

function routerAt(lab: Lab, address: string): string {
  const owner = lab.plan.routers.find((router) => Object.values(router.nics).some((nic) => nic.address === address));
  return owner?.name ?? address;
}

function claimsBy(records: StepRecords, router: string): RequestRecord[] {
  return records.requests.filter((request) => request.operation === 'UpdatePrivateIp' && request.instance === router);
}

function advertsOf(lab: Lab, router: string, matches: (advert: Advert) => boolean): Advert[] {
  return lab.adverts.filter((advert) => routerAt(lab, advert.source) === router && matches(advert));
}

export function vipRows(records: StepRecords): VipRow[] {
  return [...records.holders].map(([address, holder]) => {
    // An object made in the console while the lab runs was not moved by that.
    const moves = records.journal.filter((entry) => entry.address === address && entry.kind === 'move');
    const last = moves.at(-1);
    return {
      address,
      from: moves.length > 0 ? (moves[0]?.fromInstance ?? null) : holder,
      holder,
      moves: moves.length,
      heldAt: last?.at ?? null,
    };
  });
}

export function flowRows(flows: readonly FlowReport[]): FlowRow[] {
  return flows.map(({ flow, sent, lost, longest }) => {
    const outage = longest === null ? null : (longest.end ?? Number.POSITIVE_INFINITY) - longest.start;
    return { flow, sent, lost, outage };
  });
}

export function measuresOf(lab: Lab, records: StepRecords): Measures {
  const { faultAt, master, journal } = records;
  const announced = advertsOf(lab, master, ({ at, priority }) => at >= faultAt && priority > 0)[0];
  const moved = records.before !== master;
  return {
    faultAt,
    firstAdvert: moved ? (announced?.at ?? null) : null,
    firstClaim: claimsBy(records, master)[0]?.at ?? null,
    lastHeld: journal.at(-1)?.at ?? null,
  };
}

function wireMarks(lab: Lab, records: StepRecords): Mark[] {
  const { faultAt, before, master } = records;
  if (before === master) return [];
  const last = advertsOf(lab, before, ({ at, priority }) => at < faultAt && priority > 0).at(-1);
  const resigned = new Map<string, Advert>();
  for (const advert of advertsOf(lab, before, ({ at, priority }) => at >= faultAt && priority === 0)) {
    if (!resigned.has(advert.source)) resigned.set(advert.source, advert);
  }
  const first = advertsOf(lab, master, ({ at, priority }) => at >= faultAt && priority > 0)[0];
  return [
    ...(last === undefined ? [] : [{ at: last.at, text: `${before}: last advert on the wire before it` }]),
    ...[...resigned.values()].map(({ at, source }) => ({ at, text: `${before}: resigns (priority 0) from ${source}` })),
    ...(first === undefined ? [] : [{ at: first.at, text: `${master}: first advert as master` }]),
  ];
}

function apiMarks(records: StepRecords): Mark[] {
  const first = claimsBy(records, records.master)[0];
  const marks: Mark[] = records.journal.map((entry) => ({
    at: entry.at,
    text: `${entry.address} is on ${entry.toInstance ?? 'no router'}`,
  }));
  if (first !== undefined) marks.push({ at: first.at, text: `${records.master}: first UpdatePrivateIp reaches OCI` });
  return marks;
}

function trafficMarks(records: StepRecords): Mark[] {
  return records.flows.flatMap(({ flow, longest }) => {
    if (longest === null) return [];
    const back = longest.end === null ? [] : [{ at: longest.end, text: `${flow}: packets arrive again` }];
    return [{ at: longest.start, text: `${flow}: first lost packet` }, ...back];
  });
}

/** A line of a daemon's log; events that matter carry the very time at which they happened. */
function logMark(router: string, { at, fields, text }: LogLine): Mark {
  const happened = fields?.['at'];
  const message = fields?.['msg'];
  return {
    at: typeof happened === 'number' ? happened : at,
    text: `${router} logs: ${typeof message === 'string' ? message : text}`,
  };
}

function daemonMarks(lab: Lab, since: number): Mark[] {
  const marks: Mark[] = [];
  const lines: Mark[] = [];
  for (const daemon of lab.daemons) {
    const ready = daemon.notifications.find(({ fields }) => fields['READY'] === '1');
    if (ready !== undefined && ready.at >= since) {
      const took = (ready.at - daemon.startedAt).toFixed(0);
      marks.push({ at: ready.at, text: `${daemon.router}: READY, ${took} ms after its start` });
    }
    const exit = daemon.ended();
    if (exit !== null && exit.at >= since) marks.push({ at: exit.at, text: `${daemon.router}: ${exitText(exit)}` });
    for (const line of daemon.log) {
      if (line.at >= since && line.fields?.['level'] !== 'debug') lines.push(logMark(daemon.router, line));
    }
  }
  return [...marks, ...lines.sort((a, b) => a.at - b.at).slice(0, LOG_LINES)];
}

/** All of it in order of time; the records' fault is at 0. */
export function timelineOf(lab: Lab, records: StepRecords, notes: readonly Mark[]): Mark[] {
  return [
    ...notes,
    ...wireMarks(lab, records),
    ...apiMarks(records),
    ...trafficMarks(records),
    ...daemonMarks(lab, records.faultAt),
  ].sort((a, b) => a.at - b.at);
}
