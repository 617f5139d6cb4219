import type { Member } from './compare.ts';
import type { DraftGroup } from './draft.ts';
import { place, type Remarks } from './remark.ts';

/**
 * keepalived decides on each router whether it pre-empts, failoverd once for the cluster. Only routers that are better
 * than some other one can pre-empt at all, so only theirs counts.
 */
export function decidePreemption(
  members: readonly Member[],
  remarks: Remarks,
): Pick<DraftGroup, 'preempt' | 'preemptDelay'> {
  const least = Math.min(...members.map(({ instance }) => instance.priority.value));
  const better = members.filter(({ instance }) => instance.priority.value > least);
  const deciding = better.length === 0 ? members : better;
  const holding = deciding.find(({ instance }) => instance.nopreempt !== undefined);
  const taking = deciding.find(({ instance }) => instance.nopreempt === undefined);
  if (holding?.instance.nopreempt !== undefined && taking !== undefined && better.length > 0) {
    const message = `nopreempt is set on ${holding.router} and not on ${taking.router} (${place(taking.instance.at)}), allowed: the same on every router that could take over from a worse one`;
    remarks.mistake(holding.instance.nopreempt, message);
  }
  const [first, ...others] = deciding;
  const delayOf = (member: Member | undefined): number => member?.instance.preemptDelay?.value ?? 0;
  for (const other of others) {
    if (delayOf(other) === delayOf(first) || better.length === 0) continue;
    const at = other.instance.preemptDelay?.at ?? other.instance.at;
    const where = first?.instance.preemptDelay?.at ?? first?.instance.at ?? at;
    const message = `preempt_delay is ${delayOf(other) / 1000} s on ${other.router} and ${delayOf(first) / 1000} s on ${first?.router} (${place(where)}), allowed: the same on every router that could take over from a worse one`;
    remarks.mistake(at, message);
  }
  const preempt = holding === undefined || taking !== undefined;
  return { preempt, preemptDelay: preempt ? delayOf(first) : 0 };
}
