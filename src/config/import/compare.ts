import type { Instance, Tracked } from './keepalived.ts';
import { type Placed, type Position, place, type Remarks } from './remark.ts';

/** One vrrp_instance as every router has it, in the order of the routers. */
export interface Member {
  readonly router: string;
  readonly instance: Instance;
}

/** Something that has to be the same on every router, as text to be compared and shown. */
interface Said {
  readonly text: string;
  readonly at: Position;
}

/** Names every difference between the routers that is none of failoverd's: one of the files has a mistake. */
export function compare(members: readonly Member[], remarks: Remarks): void {
  const same = (what: string, said: (instance: Instance) => Said | undefined): void => {
    const all = members.flatMap(({ router, instance }) => {
      const one = said(instance);
      return one === undefined ? [] : [{ router, ...one }];
    });
    const [first, ...others] = all;
    for (const other of others) {
      if (first === undefined || other.text === first.text) continue;
      const message = `${what} is ${other.text} on ${other.router} and ${first.text} on ${first.router} (${place(first.at)}), allowed: the same on every router`;
      remarks.mistake(other.at, message);
    }
  };
  const placed =
    <T>(read: (instance: Instance) => Placed<T> | undefined, show: (value: T) => string) =>
    (instance: Instance): Said | undefined => {
      const found = read(instance);
      return found === undefined ? undefined : { text: show(found.value), at: found.at };
    };

  same(
    'virtual_router_id',
    placed((instance) => instance.virtualRouterId, String),
  );
  same(
    'version',
    placed((instance) => instance.version, String),
  );
  same(
    'advert_int',
    placed(
      (instance) => instance.interval,
      (value) => `${value / 1000} s`,
    ),
  );
  same('authentication', ({ auth }) => ({ text: NAME_OF_AUTH[auth.kind], at: auth.at }));
  comparePasswords(members, remarks);
  compareHmac(members, remarks);
  compareTracked(members, 'track_script', ({ trackedScripts }) => trackedScripts, remarks);
}

const NAME_OF_AUTH = { none: 'none', password: 'PASS', ah: 'AH', hmac: 'auth_hmac' } as const;

/** Compared, and never shown. */
function comparePasswords(members: readonly Member[], remarks: Remarks): void {
  const [first, ...others] = members;
  for (const { router, instance } of others) {
    const ours = first?.instance.auth;
    const theirs = instance.auth;
    if (first === undefined || ours === undefined || ours.kind !== theirs.kind) continue;
    const differ =
      (ours.kind === 'password' && theirs.kind === 'password' && ours.password !== theirs.password) ||
      (ours.kind === 'hmac' && theirs.kind === 'hmac' && JSON.stringify(ours.keys) !== JSON.stringify(theirs.keys));
    if (!differ) continue;
    const what = ours.kind === 'password' ? 'auth_pass' : 'the keys of auth_hmac';
    const message = `${what} on ${router} differs from that on ${first.router} (${place(ours.at)}), allowed: the same on every router`;
    remarks.mistake(theirs.at, message);
  }
}

/** Routers may differ here while keys are rotated; one file serves them all. */
function compareHmac(members: readonly Member[], remarks: Remarks): void {
  const [first, ...others] = members;
  for (const { router, instance } of others) {
    const ours = first?.instance.auth;
    const theirs = instance.auth;
    if (ours?.kind !== 'hmac' || theirs.kind !== 'hmac') continue;
    const said = ({ keys, activeKey, mode, timeWindow }: typeof ours) => ({
      active_key: String(activeKey ?? keys[0]?.id),
      mode: mode as string,
      time_window: `${timeWindow / 1000} s`,
    });
    const there = new Map(Object.entries(said(theirs)));
    for (const [what, here] of Object.entries(said(ours))) {
      if (there.get(what) === here) continue;
      const message = `${what} of auth_hmac is ${there.get(what)} on ${router} and ${here} on ${first?.router} (${place(ours.at)}): the latter is written for every router`;
      remarks.todo(theirs.at, message);
    }
  }
}

/** What only some routers track. */
export function compareTracked(
  members: readonly Member[],
  block: string,
  tracked: (instance: Instance) => readonly Tracked[],
  remarks: Remarks,
): void {
  for (const { router, instance } of members) {
    for (const one of tracked(instance)) {
      for (const other of members) {
        if (other.router === router) continue;
        const theirs = tracked(other.instance);
        const match = theirs.find(({ name }) => name === one.name);
        if (match === undefined) {
          const near = theirs.at(-1)?.at ?? other.instance.at;
          const message = `${block}: ${other.router} lacks ${one.name}, which ${router} has (${place(one.at)}), allowed: the same on every router`;
          remarks.mistake(near, message);
        } else if (weightOf(match) !== weightOf(one) && members.indexOf(other) > membersIndex(members, router)) {
          const message = `${block}: the weight of ${one.name} is ${weightOf(match)} on ${other.router} and ${weightOf(one)} on ${router} (${place(one.at)}), allowed: the same on every router`;
          remarks.mistake(match.at, message);
        }
      }
    }
  }
}

function membersIndex(members: readonly Member[], router: string): number {
  return members.findIndex((member) => member.router === router);
}

function weightOf({ weight, isReversed }: Tracked): string {
  return `${weight ?? 'not given'}${isReversed ? ' reverse' : ''}`;
}
