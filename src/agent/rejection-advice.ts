import type { AuthErrorCode, DecodeErrorCode } from '../dgram-vrrp/index.ts';
import type { Rejection } from './rejections.ts';

/** What an admin has to look at, for the reasons that a router's configuration gives. The others speak of a broken network. */
const ADVICE: Partial<Readonly<Record<DecodeErrorCode | AuthErrorCode, string>>> = {
  ttl: 'they arrive with a lower TTL than heartbeat.min_ttl; keepalived sends 64 over IPv6 and wants unicast_ttl 255, or min_ttl: 64 here',
  version: 'heartbeat.version has to be the version of its vrrp_instance',
  vrid: 'no group here has this virtual_router_id',
  'auth-type': 'heartbeat.auth.mode has to be password where it has auth_type PASS, else none',
  'auth-data': 'the password is not its auth_pass',
  'interval-mismatch': 'heartbeat.interval has to be its advert_int',
  missing: 'it sends no HMAC, which heartbeat.auth.mode asks for',
  'unknown-key': 'its active_key is not among heartbeat.auth.keys',
  'bad-hmac': 'the key in heartbeat.auth.keys is not its key',
  'outside-window': 'its clock differs by more than heartbeat.auth.time_window',
};

const KNOWN: ReadonlyMap<string, string> = new Map(Object.entries(ADVICE));

/** A clause for each reason, once. Empty where the configuration is not to blame. */
export function adviceOn(rejections: readonly Rejection[]): string {
  const clauses = rejections.flatMap(({ reason }) => KNOWN.get(reason) ?? []);
  return [...new Set(clauses)].join('; ');
}
