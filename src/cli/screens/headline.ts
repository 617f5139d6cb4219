import type { GroupReport, StatusReport, VipReport } from '../../control/api.ts';
import type { Tone } from './paint.ts';

/** The state of a group in one sentence, and how bad it is. */
export interface Headline {
  readonly text: string;
  readonly tone: Tone;
}

/** Who is master, does it hold everything, and who would take over: in this order, because it is read in this order. */
export function headline(group: GroupReport, { routers }: StatusReport): Headline {
  const stateOf = (router: (typeof routers)[number]) => router.groups.find((own) => own.group === group.name)?.state;
  const masters = routers.filter((router) => router.alive && stateOf(router) === 'master').map(({ name }) => name);
  if (masters.length > 1) {
    return {
      text: `${group.name}: ${masters.length} MASTERS, ${list(masters)}; VIPs: ${holders(group.vips)}`,
      tone: 'bad',
    };
  }
  if (group.master === null) return { text: `${group.name}: NO MASTER; VIPs: ${holders(group.vips)}`, tone: 'bad' };

  const master = group.master;
  const held = group.vips.filter(({ holder }) => holder === master).length;
  const rest = held === group.vips.length ? '' : ` (${holders(group.vips.filter(({ holder }) => holder !== master))})`;
  const ready = routers
    .filter((router) => router.name !== master && router.alive && router.ready === true && stateOf(router) === 'backup')
    .map(({ name }) => name);
  const unknown = routers
    .filter((router) => router.name !== master && router.vrrpOnly === true)
    .map(({ name }) => name);
  const next =
    ready.length > 0
      ? `${list(ready)} ready to take over`
      : unknown.length > 0
        ? `whether ${unknown.join(' or ')} could take over is unknown`
        : 'NOBODY IS READY TO TAKE OVER';
  const hold = group.hold === null ? '' : '; held until failoverctl failback';
  return {
    text: `${group.name}: ${master} is master and holds ${held} of ${group.vips.length} VIPs${rest}; ${next}${hold}`,
    tone: held < group.vips.length ? 'bad' : ready.length === 0 ? 'warn' : 'good',
  };
}

/** `2 with vrouter1, 1 unassigned`: counts, for a group may have many; the table below names them. */
function holders(vips: readonly VipReport[]): string {
  const counts = new Map<string, number>();
  for (const { holder, ownership } of vips) {
    const where = holder === null ? describe(ownership) : `with ${holder}`;
    counts.set(where, (counts.get(where) ?? 0) + 1);
  }
  return [...counts].map(([where, count]) => `${count} ${where}`).join(', ');
}

/** Where a VIP is that no router of the cluster has. */
export function describe(ownership: VipReport['ownership']): string {
  return ownership === 'foreign' ? 'on a foreign VNIC' : ownership === 'known' ? 'unknown' : ownership;
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
