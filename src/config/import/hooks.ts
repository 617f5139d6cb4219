import { quote } from '../mistake.ts';
import type { ClaimScript } from './claim-script.ts';
import type { DraftHooks, HookState } from './draft.ts';
import type { Notification } from './keepalived.ts';
import { place, type Remarks } from './remark.ts';
import { sayUser } from './run-as.ts';

/** A notify script that was read, with the file it was read from. */
export interface GivenScript {
  readonly file: string;
  readonly script: ClaimScript;
}

/** The notifications of one group on one router, and the scripts given for it. */
export interface Notified {
  readonly router: string;
  readonly notifications: readonly Notification[];
  readonly scripts: readonly GivenScript[];
}

const STATES: Readonly<Record<Notification['on'], readonly HookState[]>> = {
  master: ['master'],
  backup: ['backup'],
  fault: ['fault'],
  any: ['master', 'backup', 'fault'],
  stop: [],
  rival: [],
};

/**
 * Notify scripts as hooks. A script that moves VIPs is no hook: failoverd moves them itself, and two that do get into each
 * other's way. What else such a script does is named, line by line.
 */
export function makeHooks(group: string, routers: readonly Notified[], remarks: Remarks): DraftHooks {
  const hooks: Record<HookState, (readonly string[])[]> = { master: [], backup: [], fault: [] };
  for (const { router, notifications, scripts } of routers) {
    for (const notification of notifications) {
      const script = scriptOf(notification, notifications, scripts);
      if (script !== undefined && script.script.claims.length > 0) replace(notification, script, remarks);
      else if (STATES[notification.on].length === 0) refuse(notification, remarks);
      else add(group, router, notification, script, hooks, remarks);
    }
  }
  compareHooks(routers, remarks);
  return hooks;
}

/** By name; or the only script that was given, for the only command that becoming master runs. */
export function scriptOf(
  { command, on }: Notification,
  notifications: readonly Notification[],
  scripts: readonly GivenScript[],
): GivenScript | undefined {
  const baseName = (path: string): string => path.split('/').at(-1) ?? '';
  const named = scripts.find(({ file }) => command.some((word) => baseName(word) === baseName(file)));
  if (named !== undefined) return named;
  const [only, ...more] = scripts;
  const masters = notifications.filter((other) => other.on === 'master' || other.on === 'any');
  return more.length === 0 && masters.length === 1 && (on === 'master' || on === 'any') ? only : undefined;
}

function replace({ at, on, command }: Notification, { file, script }: GivenScript, remarks: Remarks): void {
  const keyword = on === 'any' ? 'notify' : on === 'rival' ? 'notify_master_rx_lower_pri' : `notify_${on}`;
  const [program = ''] = command;
  remarks.note(
    at,
    `${keyword}: ${quote(program)} (${file}) moves the VIPs, which failoverd does itself: it is no hook`,
  );
  for (const { at: where, text } of script.others) {
    const message = `${quote(text)} is left out: where it is wanted, put it into a script of its own and name that in hooks.master`;
    remarks.todo(where, message);
  }
}

function refuse({ at, on, command }: Notification, remarks: Remarks): void {
  const text = quote(command.join(' '));
  const message =
    on === 'stop'
      ? `notify_stop: ${text} is left out: hooks.backup run on a master that is told to stop, ExecStopPost= in a drop-in for failoverd.service on every one`
      : `notify_master_rx_lower_pri: ${text} is left out: a master that lost VIPs claims them again by itself`;
  remarks.todo(at, message);
}

function add(
  group: string,
  router: string,
  { at, on, command, user }: Notification,
  script: GivenScript | undefined,
  hooks: Record<HookState, (readonly string[])[]>,
  remarks: Remarks,
): void {
  const argv = absolute(command);
  sayUser('hooks', user, at, remarks);
  if (script === undefined && (on === 'master' || on === 'any')) {
    const message = `${quote(command.join(' '))} becomes a hook: if it moves VIPs, take it out again, or give it to the import with --script ${router}=FILE`;
    remarks.todo(at, message);
  }
  if (on === 'any') {
    remarks.todo(
      at,
      'notify: the hooks get INSTANCE, the name and the state as keepalived gives them, and no priority; FAILOVERD_STATE, FAILOVERD_REASON and more are in their environment',
    );
  }
  for (const state of STATES[on]) {
    // `notify` appends four arguments, of which the priority differs from router to router.
    const full = on === 'any' ? [...argv, 'INSTANCE', group, state.toUpperCase()] : argv;
    if (!hooks[state].some((other) => JSON.stringify(other) === JSON.stringify(full))) hooks[state].push(full);
  }
}

/** A program that keepalived looks for in its PATH. */
export function absolute(command: readonly string[]): readonly string[] {
  return command[0]?.startsWith('/') ? command : ['/usr/bin/env', ...command];
}

/** The file is the same on every router: a command that only some of them have runs, and fails, on all of them. */
function compareHooks(routers: readonly Notified[], remarks: Remarks): void {
  const [first, ...others] = routers.map(({ router, notifications, scripts }) => ({
    router,
    hooks: notifications.filter(
      (one) => STATES[one.on].length > 0 && (scriptOf(one, notifications, scripts)?.script.claims.length ?? 0) === 0,
    ),
  }));
  for (const other of others) {
    for (const [here, there] of [
      [first, other],
      [other, first],
    ] as const) {
      for (const { on, command, at } of here?.hooks ?? []) {
        const text = command.join(' ');
        if (there?.hooks.some((one) => one.on === on && one.command.join(' ') === text)) continue;
        const message = `${quote(text)} runs on ${here?.router} and not on ${there?.router}: the hooks are the same on every router, so it runs there, too; put it there, or let it test the host name (${place(at)})`;
        remarks.todo(at, message.replace(` (${place(at)})`, ''));
      }
    }
  }
}
