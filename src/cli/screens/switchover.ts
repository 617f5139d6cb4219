import type { SwitchoverReport } from '../../control/api.ts';

type Groups = SwitchoverReport['groups'];

/** What `failover` says when the daemon has agreed. */
export function startedScreen(groups: Groups): string {
  if (groups.length === 0) return 'no group changes its master\n';
  return groups
    .map(({ group, from, to }) => {
      if (to === null) return `${group}: nothing to do\n`;
      return from === null ? `${group}: ${to} takes over\n` : `${group}: ${from} hands over to ${to}\n`;
    })
    .join('');
}

/** What `failback` says. */
export function failbackScreen(groups: Groups): string {
  if (groups.length === 0) return 'no group was held\n';
  return groups
    .map(({ group, from, to }) => {
      const next = to === null || to === from ? '' : `; ${to} takes over again`;
      return `${group}: the hold is ended${next}\n`;
    })
    .join('');
}
