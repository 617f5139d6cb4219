import { parseDuration } from './duration.ts';
import { didYouMean, type Finding, quote } from './mistake.ts';
import { syncSetOf } from './sync.ts';
import type { ConfigView } from './view.ts';

type GroupView = NonNullable<NonNullable<ConfigView['groups']>[string]>;

interface Named {
  readonly name: string;
  readonly view: GroupView;
  readonly sync: readonly string[];
}

/**
 * Groups that fail over together must want the same: with contrary priorities one would pull the others back and forth. So
 * the first of a set (in the file) is what the others are measured by.
 */
export function checkSync(view: ConfigView): Finding[] {
  const groups = Object.entries(view.groups ?? {}).flatMap(([name, group]): Named[] =>
    group === undefined ? [] : [{ name, view: group, sync: (group.sync ?? []).filter((other) => other !== undefined) }],
  );
  const names = Object.keys(view.groups ?? {});
  return groups.flatMap((group) => [...checkNames(group, names), ...checkAgainstFirst(group, groups)]);
}

function checkNames({ name, view }: Named, names: readonly string[]): Finding[] {
  const others = names.filter((each) => each !== name);
  return (view.sync ?? []).flatMap((other, index) => {
    if (other === undefined || others.includes(other)) return [];
    const path = ['groups', name, 'sync', index];
    const allowed = `allowed: ${others.length === 0 ? 'an empty list, there is no other group' : others.join(', ')}`;
    if (other === name) return [{ path, message: `is the group itself, ${allowed}` }];
    const meant = didYouMean(other, others);
    const hint = meant === undefined ? ',' : `, did you mean ${quote(meant)}?`;
    return [{ path, message: `${quote(other)} is no group${hint} ${allowed}` }];
  });
}

function checkAgainstFirst({ name, view }: Named, groups: readonly Named[]): Finding[] {
  const set = syncSetOf(groups, name);
  const first = groups.find((group) => group.name === set[0]);
  if (first === undefined || first.name === name) return [];
  const findings: Finding[] = [];
  const mismatch = (key: string, message: string) =>
    findings.push({ path: ['groups', name, key], message, atKey: true });
  const same = `the same in groups that fail over together (${set.join(', ')})`;
  const order = orderOf(view);
  const firstOrder = orderOf(first.view);
  if (order !== undefined && firstOrder !== undefined && order !== firstOrder) {
    mismatch('priority', `orders the routers ${order}, and that of ${first.name} ${firstOrder}, allowed: ${same}`);
  } else if (haveWeights(set, groups) && valuesOf(view) !== valuesOf(first.view)) {
    mismatch(
      'priority',
      `differs from that of ${first.name}, and a tracker has a weight that counts for both, allowed: ${same}`,
    );
  }
  const preempt = view.preempt ?? true;
  if (preempt !== (first.view.preempt ?? true)) {
    mismatch('preempt', `is ${preempt}, and that of ${first.name} is not, allowed: ${same}`);
  }
  if (delayOf(view) !== delayOf(first.view)) {
    mismatch('preempt_delay', `differs from that of ${first.name}, allowed: ${same}`);
  }
  return findings;
}

/** `vrouter1 > vrouter2 = vrouter3`; undefined while a priority has a mistake. */
function orderOf({ priority }: GroupView): string | undefined {
  const entries = Object.entries(priority ?? {});
  if (entries.length === 0 || entries.some(([, value]) => value === undefined)) return undefined;
  const sorted = entries
    .map(([router, value]) => ({ router, value: value ?? 0 }))
    .toSorted((a, b) => b.value - a.value || a.router.localeCompare(b.router));
  return sorted
    .map(({ router, value }, index) => {
      const before = sorted[index - 1];
      return before === undefined ? router : `${before.value === value ? '=' : '>'} ${router}`;
    })
    .join(' ');
}

function valuesOf({ priority }: GroupView): string {
  return Object.entries(priority ?? {})
    .toSorted(([a], [b]) => a.localeCompare(b))
    .join(' ');
}

function haveWeights(set: readonly string[], groups: readonly Named[]): boolean {
  return groups.some(({ name, view }) => {
    const weights = (view.trackers ?? []).map((tracker) => tracker?.weight ?? 'fault');
    return set.includes(name) && weights.some((weight) => weight !== 'fault');
  });
}

const delayOf = ({ preempt_delay: delay }: GroupView) => parseDuration(delay ?? '0s');
