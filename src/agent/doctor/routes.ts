import type { DoctorCheck } from '../../control/api.ts';
import type { RouteInspection, RouteRule } from '../../oci/inspection.ts';
import type { InterfaceInventory } from '../../oci/types.ts';
import { failed, ok, unknown, warning, wordsOf } from './check.ts';

const POLICY = 'Allow dynamic-group <routers> to inspect route-tables in compartment <compartment>';
/** Of the destinations that lead to one VIP, so many are named. */
const NAMED = 3;

/** Do the route rules lead to the VIPs' objects? A VIP that was deleted and made again has another OCID. */
export function checkRoutes(inventory: readonly InterfaceInventory[], routes: RouteInspection): readonly DoctorCheck[] {
  if (!routes.ok) {
    const advice = routes.code === 'not-found' ? `to let the doctor see them: ${POLICY}` : 'ask again later';
    return [unknown('route', 'OCI', `the route tables could not be read: ${wordsOf(routes)}`, advice)];
  }
  const found = inventory.flatMap((entry) => (entry.ok ? [entry] : []));
  const vips = found.flatMap((entry) => entry.vips.flatMap((vip) => (vip.ok ? [vip] : [])));
  const subnets = new Set<string>(found.map(({ subnetId }) => subnetId));
  return [
    ...vips.map(({ address, record }) =>
      leadingTo(
        address,
        routes.rules.filter(({ target }) => target === record.id),
      ),
    ),
    ...routes.rules.flatMap((rule) => elsewhere(rule, subnets)),
  ];
}

function leadingTo(address: string, rules: readonly RouteRule[]): DoctorCheck {
  if (rules.length === 0) {
    const finding = `no route rule that this router may see leads to ${address}`;
    return unknown(
      'route',
      address,
      finding,
      'well, if nothing is routed to it, or if its route table is in another compartment',
    );
  }
  const destinations = rules.slice(0, NAMED).map(({ destination }) => destination);
  const more = rules.length > NAMED ? ` and ${rules.length - NAMED} more` : '';
  const tables = [...new Set(rules.map(({ table }) => table))].join(', ');
  return ok('route', address, `route table ${tables} leads ${destinations.join(', ')}${more} to it`);
}

function elsewhere({ table, destination, target, found }: RouteRule, subnets: ReadonlySet<string>): DoctorCheck[] {
  if (found === undefined) return [];
  const rule = `${table} ${destination}`;
  if (found === 'missing') {
    const finding = `the rule leads to ${target}, which OCI does not show: traffic is lost there`;
    return [failed('route', rule, finding, 'point the rule at the private IP object of the VIP')];
  }
  if (!subnets.has(found.subnetId)) return [];
  const finding = `the rule leads to ${found.address}, which is no VIP: it does not follow a failover`;
  return [warning('route', rule, finding, 'point the rule at the private IP object of the VIP, if it should')];
}
