import { deviceOf, type LoadedConfig } from '../config/index.ts';
import type { OwnRoute, Route } from '../linux/index.ts';
import type { Log } from '../observe/index.ts';
import { type Alarm, alarm } from './alarms.ts';

/** What the kernel can do with routes (linux/routes.ts). */
export interface RouteTable {
  readonly add: (route: Route) => Promise<'added' | 'taken'>;
  readonly remove: (route: OwnRoute) => Promise<void>;
  readonly own: () => Promise<readonly OwnRoute[]>;
}

/**
 * Keeps the configured routes on this router, master or not: added where they are missing (the kernel drops them with their
 * link), removed when they have left the configuration. A route of somebody else to the same destination stays, and is told.
 * When the daemon stops they stay: the router goes on forwarding.
 */
export interface RouteKeeper {
  /** Compares the kernel's table with the configuration: at start and after a reload. Never rejects. */
  compare(): Promise<void>;
  /** Adds what is missing, without reading a table that may be long: a link came back, or somebody deleted a route. */
  keep(): Promise<void>;
  /** The routes that are not as configured, for the status. */
  alarms(): readonly Alarm[];
}

export function createRouteKeeper(options: {
  readonly loaded: () => LoadedConfig;
  readonly table: RouteTable;
  /** Index of a device that is up; undefined if it is down or missing. */
  readonly indexOf: (device: string) => number | undefined;
  readonly log: Log;
}): RouteKeeper {
  const { table, log } = options;
  let work: Promise<void> | undefined;
  /** What to do once the work under way is done. */
  let next: (() => Promise<void>) | undefined;
  /** Destination → what was told of it last: the same is not told each time. */
  const told = new Map<string, string>();

  function wanted(): readonly Route[] {
    const { config, self } = options.loaded();
    if (config.mode === 'observe') return [];
    return config.groups.flatMap(({ interfaces }) =>
      interfaces.flatMap(({ name, routes = [] }) =>
        routes.map((route) => ({ ...route, device: deviceOf(self, name) })),
      ),
    );
  }

  async function addMissing(): Promise<void> {
    for (const route of wanted()) if (options.indexOf(route.device) !== undefined) await add(route, true);
  }

  async function compareAll(): Promise<void> {
    const routes = wanted();
    try {
      const own = await table.own();
      const isWanted = (route: OwnRoute) => routes.some((each) => isSame(each, route));
      // Of no destination: that the table could not be read is forgotten, too.
      const isKnown = (to: string) => [...routes, ...own].some((route) => route.to === to);
      for (const to of told.keys()) if (!isKnown(to)) told.delete(to);
      for (const route of own) if (!isWanted(route)) await drop(route);
      for (const route of routes) {
        if (options.indexOf(route.device) === undefined) continue;
        if (!own.some((each) => isSame(route, each))) await add(route, false);
        else told.delete(route.to);
      }
    } catch (error) {
      tell(TABLE, `the routes could not be read: ${messageOf(error)}`);
    }
  }

  const isSame = (route: Route, own: OwnRoute) =>
    route.to === own.to && route.via === own.via && options.indexOf(route.device) === own.index;

  async function add(route: Route, mayBeThere: boolean): Promise<void> {
    const { to, via, device } = route;
    try {
      if ((await table.add(route)) === 'added') {
        told.delete(to);
        log({ event: 'route-added', to, via, device });
      } else if (!mayBeThere) tell(to, `there is another route to ${to}, which is not this daemon's and stays`);
    } catch (error) {
      tell(to, `${to} via ${via} could not be added to ${device}: ${messageOf(error)}`);
    }
  }

  async function drop(route: OwnRoute): Promise<void> {
    try {
      await table.remove(route);
      told.delete(route.to);
      log({ event: 'route-removed', to: route.to, via: route.via });
    } catch (error) {
      tell(route.to, `${route.to} via ${route.via} could not be removed: ${messageOf(error)}`);
    }
  }

  function tell(to: string, detail: string): void {
    if (told.get(to) === detail) return;
    told.set(to, detail);
    log({ event: 'route-failed', detail });
  }

  async function run(first: () => Promise<void>): Promise<void> {
    await first();
    for (let then = next; then !== undefined; then = next) {
      next = undefined;
      await then();
    }
    work = undefined;
  }

  function start(task: () => Promise<void>): Promise<void> {
    // A comparison that waits does what the other would do, too.
    if (work !== undefined && next !== compareAll) next = task;
    work ??= run(task);
    return work;
  }

  return {
    compare: () => start(compareAll),
    keep: () => start(addMissing),
    alarms: () => [...told].map(([to, detail]) => alarm('static-route', to, `route: ${detail}`)),
  };
}

/** Stands for all of them, where one of them is told of. */
const TABLE = 'all';

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
