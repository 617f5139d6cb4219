import { type IpAddress, parseHostAddress } from './address.ts';
import { didYouMean, type Finding, formatPath, type Path, quote } from './mistake.ts';
import type { ConfigView } from './view.ts';

/** What must hold between the routers' entries. */
export function checkRouters(view: ConfigView): Finding[] {
  const routers = Object.entries(view.routers ?? {});
  const findings: Finding[] = [];
  if (view.routers !== undefined && routers.length < 2) {
    const found = routers.length === 0 ? 'names no router' : 'names one router';
    findings.push({ path: ['routers'], message: `${found}, allowed: two or more`, atKey: true });
  }
  return [...findings, ...checkPaths(routers), ...checkAddresses(view), ...checkDevices(view, routers)];
}

type Routers = [string, NonNullable<ConfigView['routers']>[string]][];

/** Path i joins address i of two routers, so both must exist and be of one family. */
function checkPaths(routers: Routers): Finding[] {
  const findings: Finding[] = [];
  const [first, ...others] = routers.filter(([, router]) => router?.addresses !== undefined);
  if (first === undefined) return findings;
  const [firstName, firstRouter] = first;
  const reference = firstRouter?.addresses ?? [];
  for (const [name, router] of others) {
    const addresses = router?.addresses ?? [];
    const path: Path = ['routers', name, 'addresses'];
    if (addresses.length !== reference.length) {
      const message = `has ${count(addresses.length)} and ${firstName} has ${reference.length}, allowed: the same number on every router, one for each heartbeat path`;
      findings.push({ path, message });
    }
    for (const [index, address] of addresses.entries()) {
      const own = familyOf(address);
      const expected = familyOf(reference[index]);
      if (own === undefined || expected === undefined || own === expected) continue;
      const message = `is IPv${own} and address ${index + 1} of ${firstName} is IPv${expected}, allowed: one family for each heartbeat path`;
      findings.push({ path: [...path, index], message });
    }
  }
  return findings;
}

/** Every address, of a router or a VIP, belongs to one place. */
function checkAddresses(view: ConfigView): Finding[] {
  const findings: Finding[] = [];
  const seen = new Map<string, Path>();
  for (const { path, address } of hostAddresses(view)) {
    const before = seen.get(address.text);
    if (before === undefined) seen.set(address.text, path);
    else
      findings.push({ path, message: `${address.text} is already in ${formatPath(before)}, allowed: an address once` });
  }
  return findings;
}

function* hostAddresses(view: ConfigView): Generator<{ readonly path: Path; readonly address: IpAddress }> {
  for (const [name, router] of Object.entries(view.routers ?? {})) {
    for (const [index, text] of (router?.addresses ?? []).entries()) {
      const address = text === undefined ? undefined : parseHostAddress(text);
      if (address !== undefined) yield { path: ['routers', name, 'addresses', index], address };
    }
  }
  for (const [group, settings] of Object.entries(view.groups ?? {})) {
    for (const [name, config] of Object.entries(settings?.interfaces ?? {})) {
      for (const [index, text] of (config?.vips ?? []).entries()) {
        const address = parseHostAddress(text?.split('/')[0] ?? '');
        if (address !== undefined) yield { path: ['groups', group, 'interfaces', name, 'vips', index], address };
      }
    }
  }
}

/** A router may rename only interfaces that exist, and to devices of their own. */
function checkDevices(view: ConfigView, routers: Routers): Finding[] {
  const known = new Set(Object.values(view.groups ?? {}).flatMap((group) => Object.keys(group?.interfaces ?? {})));
  const complete = Object.values(view.groups ?? {}).every((group) => group?.interfaces !== undefined);
  const findings: Finding[] = [];
  for (const [name, router] of routers) {
    const renamed: Readonly<Record<string, string | undefined>> = router?.interfaces ?? {};
    const users = new Map<string, string>();
    for (const interfaceName of [...known].filter((candidate) => !Object.hasOwn(renamed, candidate))) {
      users.set(interfaceName, interfaceName);
    }
    for (const [interfaceName, device] of Object.entries(renamed)) {
      const path: Path = ['routers', name, 'interfaces', interfaceName];
      if (complete && known.size > 0 && !known.has(interfaceName)) {
        const meant = didYouMean(interfaceName, [...known]);
        const hint = meant === undefined ? '' : `, did you mean ${quote(meant)}?`;
        const allowed = `${hint === '' ? ',' : ''} allowed: ${[...known].join(', ')}`;
        findings.push({ path, message: `is not an interface of any group${hint}${allowed}`, atKey: true });
      }
      if (device === undefined) continue;
      const other = users.get(device);
      if (other === undefined) users.set(device, interfaceName);
      else findings.push({ path, message: `${device} is already the device of ${other}, allowed: a device once` });
    }
  }
  return findings;
}

function familyOf(text: string | undefined): 4 | 6 | undefined {
  return text === undefined ? undefined : parseHostAddress(text)?.family;
}

function count(addresses: number): string {
  return addresses === 1 ? 'one address' : `${addresses} addresses`;
}
