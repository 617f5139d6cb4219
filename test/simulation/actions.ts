import type { Config } from '../../src/config/index.ts';
import { ControlError } from '../../src/control/errors.ts';
import { everywhere, NOTHING, upTo } from './ledger.ts';
import { subnetOf, vnicOf } from './oci-store.ts';
import type { Fault } from './scenario.ts';
import type { World } from './world.ts';

/** What a fault does when it begins and when it ends. Answers of how many moves of each VIP that may be the reason. */

const RETRY = 500;
/** Noise may make the election go there and back once in so long. */
const NOISE_INTERVAL = 2000;
/** A reload of the whole cluster goes from router to router, this far apart at most. */
const RELOAD_SPREAD = 3000;

type Command = Fault & { readonly on: string };

export function begin(world: World, fault: Fault): void {
  const { environment, trace } = world;
  trace.add('', () => `── ${describeFault(fault)}`);
  // An admin's word is in force once it is carried out.
  if (fault.kind !== 'standby') environment.add(fault);
  const allowance = world.reasons.begins(fault);
  if ('router' in fault && fault.router !== undefined) beginOn(world, fault, fault.router);
  if (isImmediate(fault)) world.changed(allowance);
  switch (fault.kind) {
    case 'noise':
      return keepNoisy(world);
    case 'api':
      return tellReadiness(world);
    case 'console':
      return workInConsole(world, fault);
    case 'failover':
      return command(world, fault, (router) => {
        const { to, group } = fault;
        router.switchover.failover({ ...(to !== undefined && { to }), ...(group !== undefined && { group }) });
      });
    case 'freeze':
      return command(world, fault, (router) => router.maintenance.freeze({ on: true }));
    case 'verify':
      return command(world, fault, (router) => void router.verify());
    case 'reload':
      return reload(world);
    default:
      return;
  }
}

/**
 * Where the lock is put elsewhere, the whole group may follow it; and where routers do not hear each other, what follows
 * comes back once the lock is read again.
 */
function workInConsole(world: World, fault: Fault & { kind: 'console' }): void {
  for (const { name, vips } of world.groups) {
    const index = vips.findIndex(({ address }) => address === fault.vip);
    const vip = vips[index];
    if (vip === undefined) continue;
    const { address, interface: device } = vip;
    world.store.place(address, subnetOf(device), fault.to === 'nobody' ? undefined : vnicOf(fault.to, device));
    const moves = index === 0 && !world.environment.areConnected(world.machines.map((each) => each.name)) ? 2 : 1;
    world.changed((group) => (group === name ? upTo(moves) : NOTHING), index === 0 ? undefined : address);
  }
}

/** Its effect begins with it; a command's with its acceptance, a reload's router by router. */
function isImmediate({ kind }: Fault): boolean {
  return ['partition', 'noise', 'api', 'crash', 'restart', 'stall', 'link'].includes(kind);
}

function keepNoisy(world: World): void {
  if (!world.environment.isNoisy()) return;
  world.watch.noisy();
  world.time.after(NOISE_INTERVAL, () => keepNoisy(world));
}

function beginOn(world: World, fault: Fault, name: string): void {
  const machine = world.machine(name);
  switch (fault.kind) {
    case 'crash':
      return machine.crash();
    case 'restart':
      return machine.stop();
    case 'stall':
      return machine.stall(fault.paused);
    case 'link':
      return machine.setLink(fault.device, false);
    case 'clock':
      return machine.setClock(fault.ahead);
    case 'standby':
      return command(world, fault, (router) => {
        router.maintenance.standby({ on: true, ...chosen(fault) });
        world.environment.add(fault);
      });
    default:
      return;
  }
}

export function end(world: World, fault: Fault): void {
  if (fault.kind === 'freeze' || fault.kind === 'standby' || fault.kind === 'failover') return endCommand(world, fault);
  world.trace.add('', () => `── end of ${describeFault(fault)}`);
  const allowance = world.reasons.ends(fault);
  world.environment.remove(fault);
  if (isImmediate(fault)) world.changed(allowance);
  switch (fault.kind) {
    case 'api':
      return tellReadiness(world);
    case 'crash':
    case 'restart':
      return boot(world, fault);
    case 'stall':
      // Another fault may have ended the process, or keep it standing.
      if (!world.environment.isStalled(fault.router)) world.machine(fault.router).resume();
      return;
    case 'link':
      if (!world.environment.isDown(fault.router, fault.device))
        world.machine(fault.router).setLink(fault.device, true);
      return;
    case 'reload':
      if (fault.until > fault.at) reload(world);
      return;
    default:
      return;
  }
}

function boot(world: World, fault: Fault & { kind: 'crash' | 'restart' }): void {
  const machine = world.machine(fault.router);
  // One that still hands over is killed by systemd in the end.
  if (machine.isStopping()) machine.crash();
  if (machine.router() !== undefined || world.environment.isCrashed(fault.router)) return;
  const late = fault.kind === 'crash' ? fault.networkLate : 0;
  const allowance = world.reasons.boots(machine);
  if (late > 0) {
    world.environment.setIsolated(fault.router, true);
    world.time.after(late, () => {
      world.environment.setIsolated(fault.router, false);
      world.changed(everywhere(NOTHING));
    });
  }
  world.start(machine, allowance);
  if (world.environment.isStalled(fault.router)) machine.stall(false);
}

const chosen = ({ router, group }: Fault & { kind: 'standby' }) => ({ router, ...(group !== undefined && { group }) });

/** Ends what an admin began, where it was begun, as soon as that is possible. */
function endCommand(world: World, fault: Fault & { kind: 'freeze' | 'standby' | 'failover' }): void {
  const machine = world.machine(fault.on);
  if (machine.router() === undefined || machine.isStopping()) {
    world.time.after(RETRY, () => endCommand(world, fault));
    return;
  }
  world.trace.add('', () => `── end of ${describeFault(fault)}`);
  command(world, fault, (router) => {
    world.environment.remove(fault);
    if (fault.kind === 'freeze') router.maintenance.freeze({ on: false });
    else if (fault.kind === 'standby') router.maintenance.standby({ on: false, ...chosen(fault) });
    else router.switchover.failback(fault.group === undefined ? {} : { group: fault.group });
  });
}

/** A command is refused where it does not make sense now, and nothing happens where no daemon runs. */
function command(
  world: World,
  { on, ...fault }: Command,
  run: (router: NonNullable<ReturnType<World['router']>>) => void,
): void {
  const only = 'group' in fault ? fault.group : undefined;
  const process = world.machine(on).process();
  process?.after(0, () => {
    const router = world.router(on);
    if (router === undefined) return;
    try {
      run(router);
      world.changed(world.reasons.commands(only));
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      world.trace.add(on, () => `refused: ${error.message}`);
    }
  });
}

/** Whoever waits for a token is told when metadata answers again, and when it does not any more. */
function tellReadiness(world: World): void {
  for (const machine of world.machines) world.announce(machine.name);
}

/** Every router takes over what the reloads in force make of the file, each in its own time. */
function reload(world: World): void {
  const config = world.environment.reloads().reduce(changeConfig, world.baseConfig);
  for (const machine of world.machines) {
    world.time.after(world.chance.between(0, RELOAD_SPREAD), () => {
      machine.reload(config);
      world.changed(everywhere(upTo(1)));
    });
  }
}

function changeConfig(config: Config, { change }: Fault & { kind: 'reload' }): Config {
  const groups = config.groups.map((group) => {
    switch (change) {
      case 'priorities': {
        const names = Object.keys(group.priority);
        const values = Object.values(group.priority).toReversed();
        return { ...group, priority: Object.fromEntries(names.map((name, index) => [name, values[index] ?? 1])) };
      }
      case 'preempt':
        return { ...group, preempt: !group.preempt };
      case 'interval': {
        const interval = group.heartbeat.interval === 1000 ? 500 : 1000;
        return { ...group, heartbeat: { ...group.heartbeat, interval } };
      }
      default:
        return group;
    }
  });
  const oci = change === 'verify-interval' ? { ...config.oci, verifyInterval: 7000 } : config.oci;
  return { ...config, groups, oci };
}

export function describeFault({ kind, at, until, ...rest }: Fault): string {
  const details = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'number' ? Math.round(value * 1000) / 1000 : value}`,
  );
  return [kind, ...details, `(${at} to ${until} ms)`].join(' ');
}
