import { type AddressWithPrefix, isOutsideSubnets, isReservedInSubnet, parseVip } from './address.ts';
import { parseDuration } from './duration.ts';
import { didYouMean, type Finding, type Path, quote } from './mistake.ts';
import type { ConfigView } from './view.ts';

type GroupView = NonNullable<NonNullable<ConfigView['groups']>[string]>;

/** A PDU counts its addresses in one byte. */
const MAX_VIPS = 255;

/** What must hold inside a group, between groups, and between groups and routers. */
export function checkGroups(view: ConfigView): Finding[] {
  const groups = Object.entries(view.groups ?? {});
  if (view.groups !== undefined && groups.length === 0) {
    return [{ path: ['groups'], message: 'names no group, allowed: one or more', atKey: true }];
  }
  return [
    ...checkRouterIds(groups),
    ...groups.flatMap(([name, group]) =>
      group === undefined
        ? []
        : [...checkPriorities(view, name, group), ...checkVips(name, group), ...checkTrackers(name, group)],
    ),
  ];
}

/** What is allowed but probably not meant. */
export function warnAboutGroups(view: ConfigView): Finding[] {
  const warnings: Finding[] = [];
  for (const [name, group] of Object.entries(view.groups ?? {})) {
    const firstWith = new Map<number, string>();
    for (const [router, priority] of Object.entries(group?.priority ?? {})) {
      if (priority === undefined) continue;
      const other = firstWith.get(priority);
      if (other === undefined) firstWith.set(priority, router);
      else {
        const message = `${priority} is also the priority of ${other}: the higher address wins, and neither is preferred`;
        warnings.push({ path: ['groups', name, 'priority', router], message });
      }
    }
    const delay = group?.preempt_delay === undefined ? 0 : (parseDuration(group.preempt_delay) ?? 0);
    if (group?.preempt === false && delay > 0) {
      warnings.push({ path: ['groups', name, 'preempt_delay'], message: 'has no effect while preempt is false' });
    }
  }
  return warnings;
}

/** The VRID is all that tells the groups' adverts apart. */
function checkRouterIds(groups: [string, GroupView | undefined][]): Finding[] {
  const findings: Finding[] = [];
  const owners = new Map<number, string>();
  for (const [name, group] of groups) {
    const id = group?.virtual_router_id;
    if (id === undefined) continue;
    const owner = owners.get(id);
    if (owner === undefined) owners.set(id, name);
    else {
      const message = `${id} is already the id of group ${owner}, allowed: a different id for each group`;
      findings.push({ path: ['groups', name, 'virtual_router_id'], message });
    }
  }
  return findings;
}

function checkPriorities(view: ConfigView, name: string, group: GroupView): Finding[] {
  if (group.priority === undefined || view.routers === undefined) return [];
  const path: Path = ['groups', name, 'priority'];
  const routers = Object.keys(view.routers);
  // A name that is itself the mistake would be repeated here.
  if (routers.some((router) => view.routers?.[router] === undefined)) return [];
  const given = Object.keys(group.priority);
  const unknown = given.filter((router) => !routers.includes(router));
  const absent = routers.filter((router) => !given.includes(router));
  return [
    ...unknown.map((router) => {
      const meant = didYouMean(router, absent) ?? didYouMean(router, routers);
      const hint = meant === undefined ? ',' : `, did you mean ${quote(meant)}?`;
      const message = `is not a router${hint} allowed: ${routers.join(', ')}`;
      return { path: [...path, router], message, atKey: true };
    }),
    ...absent.map((router) => ({
      path,
      message: `lacks ${router}, allowed: a priority for every router`,
      atKey: true,
    })),
  ];
}

/** Status, metrics and a reload know a tracker by its name. */
function checkTrackers(name: string, group: GroupView): Finding[] {
  const names = (group.trackers ?? []).map((tracker) => tracker?.name);
  return names.flatMap((tracker, index) => {
    if (tracker === undefined || names.indexOf(tracker) === index) return [];
    const message = `${quote(tracker)} is already the name of another tracker of the group, allowed: a different name for each`;
    return [{ path: ['groups', name, 'trackers', index, 'name'], message }];
  });
}

function checkVips(name: string, group: GroupView): Finding[] {
  if (group.interfaces === undefined) return [];
  const findings: Finding[] = [];
  const path: Path = ['groups', name, 'interfaces'];
  let vips = 0;
  for (const [interfaceName, config] of Object.entries(group.interfaces)) {
    // A list that has a mistake is not a list that is missing.
    if (config === undefined || ('vips' in config && config.vips === undefined)) vips += 1;
    for (const [index, text] of (config?.vips ?? []).entries()) {
      vips += 1;
      const vip = text === undefined ? undefined : parseVip(text);
      const why = vip === undefined ? undefined : whyNoVip(vip);
      if (why === undefined) continue;
      findings.push({ path: [...path, interfaceName, 'vips', index], message: `${text} ${why}` });
    }
  }
  if (vips === 0) {
    findings.push({
      path,
      message: 'has no VIP on any interface, allowed: at least one VIP for each group',
      atKey: true,
    });
  } else if (vips > MAX_VIPS) {
    findings.push({ path, message: `has ${vips} VIPs, allowed: at most ${MAX_VIPS} for each group`, atKey: true });
  }
  return findings;
}

function whyNoVip(vip: AddressWithPrefix): string | undefined {
  if (isOutsideSubnets(vip)) return 'is in no subnet, allowed: an address of the subnet of the interface';
  if (!isReservedInSubnet(vip)) return undefined;
  return 'is reserved, allowed: any but the first two and the last address of a subnet, which OCI keeps for itself';
}
