import { BlockList } from 'node:net';
import type { Config } from '../../config/index.ts';
import type { DoctorCheck, OciReport } from '../../control/api.ts';
import type { Inspection, Probe } from '../../oci/inspection.ts';
import type { InterfaceInventory, Milliseconds, OciFailure } from '../../oci/types.ts';
import { failed, ok, span, unknown, warning, wordsOf } from './check.ts';
import { checkRoutes } from './routes.ts';
import type { Writes, Written } from './writes.ts';

export interface OciFindings {
  readonly config: Config;
  readonly status: OciReport;
  /** Unix time in milliseconds. */
  readonly now: number;
  /** A new token was asked for. */
  readonly exchange: Probe;
  readonly inspection: Inspection;
  readonly inventory: readonly InterfaceInventory[];
  readonly writes: Writes;
}

/** A token that ends within this time should have been renewed long ago: it is at half of its lifetime. */
const TOKEN_SHORT: Milliseconds = 120_000;

/** Everything in the cloud that a failover will need. */
export function checkOci(findings: OciFindings): readonly DoctorCheck[] {
  const { inspection, inventory, config } = findings;
  return [
    checkToken(findings),
    probed(
      'metadata',
      'instance metadata',
      inspection.metadata,
      config,
      'does a firewall keep the user failoverd from it?',
    ),
    probed(
      'federation',
      'token exchange',
      findings.exchange,
      config,
      'the way to auth.<region>, port 443, and the dynamic group',
    ),
    probed(
      'network-api',
      'network API',
      inspection.network,
      config,
      'the way to iaas.<region>, port 443, and the policy',
    ),
    checkConnections(inspection, vipsOf(config).length),
    ...inventory.flatMap((entry) => checkInterface(entry, findings)),
    ...checkClaims(findings),
    ...checkLeases(findings),
    ...checkRoutes(inventory, inspection.routes),
  ];
}

function vipsOf({ groups }: Config) {
  return groups.flatMap(({ interfaces }) => interfaces.flatMap(({ vips }) => vips));
}

function checkToken({ status: { ready, reason, tokenExpiresAt }, now }: OciFindings): DoctorCheck {
  if (!ready) return failed('token', 'OCI', reason ?? 'there is no valid token', 'no VIP can be claimed without one');
  const left = tokenExpiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(tokenExpiresAt) - now;
  if (left > TOKEN_SHORT) return ok('token', 'OCI', `present, and valid for another ${span(left)}`);
  return warning(
    'token',
    'OCI',
    `it ends in ${span(left)} and was not renewed`,
    'the check of the token exchange says why',
  );
}

function probed(check: string, what: string, probe: Probe, config: Config, advice: string): DoctorCheck {
  if (!probe.ok) return failed(check, 'OCI', wordsOf(probe), advice);
  const { duration } = probe;
  const { requestTimeout } = config.oci;
  // An exchange is several requests and a new key, ahead of time: no claim waits for it.
  if (duration <= requestTimeout / 2 || check === 'federation')
    return ok(check, 'OCI', `the ${what} answered in ${span(duration)}`);
  const finding = `the ${what} took ${span(duration)}, and oci.request_timeout is ${span(requestTimeout)}`;
  return warning(check, 'OCI', finding, 'a longer oci.request_timeout, or a shorter way to the service');
}

function checkConnections({ connections: { open, kept } }: Inspection, vips: number): DoctorCheck {
  const wanted = Math.min(vips, kept);
  const finding = `${open} of ${kept} connections to the network API are open, for ${vips} VIPs`;
  if (kept > 0 && open >= wanted) return ok('connections', 'OCI', finding);
  return warning(
    'connections',
    'OCI',
    finding,
    'a claim may have to wait for a handshake; they are opened again by themselves',
  );
}

function checkInterface(entry: InterfaceInventory, findings: OciFindings): DoctorCheck[] {
  const name = entry.interface;
  if (!entry.ok) {
    return [failed('vnic', name, wordsOf(entry), 'until it is found, nothing can be claimed for this interface')];
  }
  const { vnicId, skipSourceDestCheck, vips } = entry;
  return [
    ok('vnic', name, `${name} is ${vnicId}`),
    skipSourceDestCheck
      ? ok('forwarding', name, 'its VNIC skips the source/destination check')
      : failed(
          'forwarding',
          name,
          'its VNIC checks source and destination: OCI drops what it forwards',
          `oci network vnic update --vnic-id ${vnicId} --skip-source-dest-check true`,
        ),
    ...vips.flatMap((vip) => {
      if (!vip.ok)
        return [failed('vip', vip.address, wordsOf(vip), 'this VIP cannot be claimed until its object is found')];
      return [
        ok('vip', vip.address, `its object is ${vip.record.id}, in the subnet of ${name}`),
        checkPrefix(vip.address, vnicId, findings),
      ];
    }),
  ];
}

/** The VIP lies in the subnet that metadata names, and the configured prefix length is the subnet's. */
function checkPrefix(address: string, vnicId: string, { inspection, config }: OciFindings): DoctorCheck {
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const cidrs = inspection.vnics.find((vnic) => vnic.vnicId === vnicId)?.cidrs ?? [];
  const [cidr] = cidrs.filter((each) => each.includes(':') === (family === 'ipv6'));
  if (cidr === undefined) {
    return unknown('prefix', address, 'instance metadata does not tell the subnet', 'compare it with the console');
  }
  const [network = '', length = ''] = cidr.split('/');
  const subnet = new BlockList();
  subnet.addSubnet(network, Number(length), family);
  if (!subnet.check(address, family)) {
    return failed(
      'prefix',
      address,
      `it is not in the subnet of its interface, ${cidr}`,
      'move it to the right interface',
    );
  }
  const configured = vipsOf(config).find((vip) => vip.address === address)?.prefixLength;
  if (configured === undefined || configured === Number(length)) return ok('prefix', address, `it lies in ${cidr}`);
  const finding = `it is configured as /${configured}, and its subnet is ${cidr}`;
  return failed('prefix', address, finding, `write ${address}/${length}, or leave the prefix length out`);
}

const NOT_ALLOWED = 'Allow dynamic-group <routers> to use private-ips, and to use vnics, in compartment <compartment>';

/** A permission cannot be asked for: only a claim shows it. */
function checkClaims({ inventory, writes, config }: OciFindings): DoctorCheck[] {
  const vips = inventory.flatMap((entry) => (entry.ok ? entry.vips.flatMap((vip) => (vip.ok ? [vip] : [])) : []));
  if (vips.length === 0) return [];
  const answers = vips.map(({ address, record }) => ({ address, last: writes.claims.get(record.id) }));
  const refused = answers.filter(({ last }) => last?.ok === false);
  if (refused.length > 0) {
    return refused.map(({ address, last }) => {
      const finding = `the last claim of ${address}, at ${time(last)}, failed: ${last?.message ?? ''}`;
      return failed('claim', address, finding, `if this is a 404, the policy: ${NOT_ALLOWED}`);
    });
  }
  return answers.map(({ address, last }) => {
    if (last !== undefined) return ok('claim', address, `claimed by this daemon at ${time(last)}`);
    const mode = config.mode === 'observe' ? ' (mode: observe)' : '';
    const finding = `this daemon has not claimed it yet${mode}: that the policy allows UpdatePrivateIp is not proven`;
    return unknown(
      'claim',
      address,
      finding,
      'failoverctl failover --to this router --wait proves it, in a quiet hour',
    );
  });
}

function checkLeases({ inventory, writes, config }: OciFindings): DoctorCheck[] {
  return inventory.flatMap((entry) => {
    if (!entry.ok || entry.vips.length === 0) return [];
    const last = writes.tags.get(entry.vnicId);
    const name = entry.interface;
    if (last?.ok === true) return [ok('lease', name, `its tag was written to the VNIC at ${time(last)}`)];
    if (last !== undefined) {
      const finding = `the tag could not be written to the VNIC: ${last.message ?? ''}`;
      return [failed('lease', name, finding, `if this is a 404, the policy: ${NOT_ALLOWED}`)];
    }
    const finding = config.mode === 'observe' ? 'mode: observe writes no tag' : 'no tag was written to the VNIC yet';
    return [unknown('lease', name, finding, 'it is written once at start, when VNIC and VIPs are found')];
  });
}

const time = (written: Written | undefined) => new Date(written?.at ?? 0).toISOString();

/** The answer of something that did not come within the doctor's time. */
export function tooLate(what: string, limit: Milliseconds): OciFailure {
  return { ok: false, code: 'timeout', message: `${what}: no answer within ${span(limit)}` };
}
