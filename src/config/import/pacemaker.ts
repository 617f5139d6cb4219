import { type Claim, type ClaimScript, readClaimScript } from './claim-script.ts';
import { combine } from './combine.ts';
import type { Draft } from './draft.ts';
import type { Inventory } from './inventory.ts';
import { interfaceOf } from './inventory.ts';
import type { Instance, KeepalivedRouter } from './keepalived.ts';
import type { Inventories } from './paths.ts';
import type { PacemakerCluster } from './pcs.ts';
import type { Position, Remarks } from './remark.ts';

/*
 * A Pacemaker cluster whose resource agent moves the VIPs: its routers and VIPs as if keepalived had told of them, and a
 * heartbeat of failoverd's own, for there is nobody it would have to speak to.
 */

export interface PacemakerDeployment {
  readonly agents: readonly { readonly file: string; readonly text: string }[];
  readonly cluster: PacemakerCluster | undefined;
  readonly inventories: Inventories;
  readonly name: string | undefined;
}

/** The VRID, which Pacemaker has not: as the reference deployment has it. */
const VIRTUAL_ROUTER_ID = 51;
const PRIORITIES = [200, 100, 50];
const KEY_FILE = '/etc/failoverd/heartbeat.key';
/** Networks that the heartbeat goes over, besides which more would need more security rules. */
const MAX_PATHS = 2;

export function combinePacemaker(deployment: PacemakerDeployment, remarks: Remarks): Draft | undefined {
  const { agents, cluster, inventories } = deployment;
  const scripts = agents.map(({ file, text }) => ({ file, script: readClaimScript(file, text, undefined, remarks) }));
  const start: Position = { file: agents[0]?.file ?? '', line: 1, column: 1 };
  const claims = withRouters(scripts.map(({ script }) => script));
  const names = order([...new Set(claims.map(({ router }) => router))], cluster);
  if (claims.length === 0) {
    remarks.mistake(
      start,
      'moves no VIP with "oci network vnic assign-private-ip", allowed: the patched resource agent IPaddr2',
    );
    return undefined;
  }
  noteRestarts(
    scripts.map(({ script }) => script),
    remarks,
  );
  for (const name of names.filter((router) => !inventories.has(router))) {
    const message = `the agent does not say which addresses and interfaces ${name} has, allowed: --addresses ${name}=FILE with what "ip -json address show" prints there`;
    remarks.mistake(claims.find(({ router }) => router === name)?.at ?? start, message);
  }
  for (const { value, at } of cluster?.vips ?? []) {
    if (claims.some(({ address }) => address === value)) continue;
    const message = `${value} is a resource and no agent moves it: it is left out, add it to the vips of its interface`;
    remarks.todo(at, message);
  }
  if (names.some((name) => !inventories.has(name))) return undefined;

  const routers = names.map((name, index) => routerOf(name, index, names, claims, deployment, start));
  const given = new Map(
    names.map((name) => {
      const own = claims.filter(({ router }) => router === name);
      return [name, [{ file: start.file, script: { claims: own, others: [], routers: [] } }]] as const;
    }),
  );
  const draft = combine({ routers, scripts: given, inventories, cluster: deployment.name ?? cluster?.name }, remarks);
  return withOwnHeartbeat(draft, names, inventories);
}

type OwnedClaim = Claim & { readonly router: string };

/** Whose claim it is: its branch says it, or the name of the variable, as in `vrouter3vnic`. */
function withRouters(scripts: readonly ClaimScript[]): OwnedClaim[] {
  return scripts.flatMap(({ claims }) =>
    claims.flatMap((claim): OwnedClaim[] => {
      const prefixes = claim.hints.flatMap((hint) => /^([A-Za-z0-9]+?)_?vnic/i.exec(hint)?.[1] ?? []);
      const router = prefixes[0] ?? claim.router;
      return router === undefined ? [] : [{ ...claim, router }];
    }),
  );
}

/** Preferred nodes first, then the order of the agent. */
function order(names: readonly string[], cluster: PacemakerCluster | undefined): string[] {
  const score = (name: string): number => cluster?.scores.get(name) ?? 0;
  return [...names].sort((a, b) => score(b) - score(a) || names.indexOf(a) - names.indexOf(b));
}

function noteRestarts(scripts: readonly ClaimScript[], remarks: Remarks): void {
  for (const { at, text } of scripts.flatMap(({ others }) => others)) {
    if (!/systemctl .*network|service network/.test(text)) continue;
    remarks.note(at, `"${text}": the VIPs stay on the interfaces of every router, nothing has to be restarted`);
  }
}

function routerOf(
  name: string,
  index: number,
  names: readonly string[],
  claims: readonly OwnedClaim[],
  { inventories, cluster }: PacemakerDeployment,
  start: Position,
): KeepalivedRouter {
  const own = claims.filter(({ router }) => router === name);
  const at = own[0]?.at ?? start;
  const devices = own.flatMap(({ address }) => interfaceOf(address, inventories.get(name) ?? []) ?? []);
  const [heartbeat] = devices;
  const addressOf = (router: string): string | undefined => {
    const address = claims.find((claim) => claim.router === router)?.address;
    const inventory = inventories.get(router) ?? [];
    return addressOn(inventory, address === undefined ? undefined : interfaceOf(address, inventory));
  };
  const source = addressOf(name);
  // Pacemaker moves a resource back to a preferred node only, and to that one unless something makes it stay.
  const stays = cluster !== undefined && (cluster.scores.size === 0 || (cluster.stickiness?.value ?? 0) > 0);
  const instance: Instance = {
    name: cluster?.name ?? 'vips',
    at,
    interface: heartbeat === undefined ? undefined : { value: heartbeat, at },
    virtualRouterId: { value: VIRTUAL_ROUTER_ID, at },
    priority: { value: PRIORITIES[index] ?? Math.max(1, 50 - 10 * (index - 2)), at },
    version: { value: 3, at },
    interval: { value: 1000, at },
    source: source === undefined ? undefined : { value: source, at },
    peers: names.flatMap((other) => {
      const value = other === name ? undefined : addressOf(other);
      return value === undefined ? [] : [{ value, at, minTtl: undefined }];
    }),
    unicastTtl: undefined,
    auth: { kind: 'none', at },
    nopreempt: stays ? (cluster.stickiness?.at ?? at) : undefined,
    preemptDelay: undefined,
    trackedInterfaces: [...new Set(devices)].map((device) => ({
      name: device,
      at,
      weight: undefined,
      isReversed: false,
    })),
    trackedScripts: [],
    addresses: [],
    excluded: [],
    routes: [],
    notifications: [],
  };
  const none = { syncGroups: [], scripts: new Map(), staticRoutes: [], startupDelay: undefined };
  return { name, file: start.file, instances: [instance], ...none };
}

function addressOn(inventory: Inventory, device: string | undefined): string | undefined {
  return inventory.find(({ name }) => name === device)?.addresses[0]?.address;
}

function withOwnHeartbeat(draft: Draft, names: readonly string[], inventories: Inventories): Draft {
  const devicesOf = (group: Draft['groups'][number]): string[] => group.interfaces.map(({ name }) => name);
  const devices = draft.groups.flatMap(devicesOf).slice(0, MAX_PATHS);
  const paths = devices.map((device) =>
    names.map((name, index) => addressOn(inventories.get(name) ?? [], draft.routers[index]?.devices[device] ?? device)),
  );
  const complete = paths.filter((path) => path.every((address) => address !== undefined));
  return {
    ...draft,
    transport: 'udp',
    routers: draft.routers.map((router, index) => ({
      ...router,
      addresses: complete.flatMap((path) => path[index] ?? []),
    })),
    groups: draft.groups.map((group) => ({
      ...group,
      heartbeat: {
        version: 3 as const,
        interval: undefined,
        advertise: 'vips' as const,
        auth: { mode: 'enforce' as const, keys: { 1: `file:${KEY_FILE}` }, activeKey: 1, timeWindow: undefined },
      },
    })),
    preparations: [
      `the same key has to be in ${KEY_FILE}, made once:`,
      `(umask 027; failoverctl keygen > ${KEY_FILE}; chgrp failoverd ${KEY_FILE})`,
    ],
  };
}
