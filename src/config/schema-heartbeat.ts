import { z } from 'zod';
import { parseHostAddress } from './address.ts';
import * as field from './fields.ts';

/* The `heartbeat` section and the part of it that a group may override. */

const ADVERTISE = 'vips, none or a list of at most 255 IP addresses';

const addressList = z.array(z.string().refine((value) => parseHostAddress(value) !== undefined)).max(255);

const version = field.oneOf(3, 2).describe('VRRP version: 3 (RFC 9568) or 2 (RFC 3768).');

const interval = field
  .duration(10, 255_000)
  .optional()
  .describe(
    'Advertisement interval. Version 3: 10ms to 40.95s in steps of 10ms, 200ms if not given. Version 2: 1s to 255s in whole seconds, 1s if not given. A master that falls silent is replaced after three of them and the skew time.',
  );

const advertise = z
  .union([z.enum(['vips', 'none']), addressList], {
    error: ({ input }) => `${field.found(input)}, allowed: ${ADVERTISE}`,
  })
  .meta({ allowed: ADVERTISE })
  .describe(
    'Addresses listed in the advertisement: the VIPs of the group, none, or this list, as far as they are of the family of the path. What a peer lists is accepted, whatever it is. keepalived discards an advertisement whose list is not its own virtual_ipaddress.',
  );

const keys = field
  .mappingOf(field.keyId(), field.secretSource(), 'a mapping of key id to file:/PATH, env:NAME or credential:NAME')
  .optional()
  .describe(
    'Keys by id (0 to 255), each 32 to 64 bytes written as hexadecimal digits (`failoverctl keygen` makes one), read from a file, an environment variable or a systemd credential. To change keys: add the new one on every router, then change active_key, then remove the old one.',
  );

const activeKey = field
  .wholeNumber(0, 255)
  .optional()
  .describe('Id of the key that signs what is sent; every key is accepted. May be left out when there is one key.');

const authMode = field
  .oneOf('enforce', 'permissive', 'receive-only', 'none', 'password')
  .describe(
    'enforce: sign, and accept only what is signed; permissive: sign, accept both; receive-only: do not sign, accept both; none: neither; password: the plain text password of VRRPv2, for transport ip and version 2.',
  );

const timeWindow = field
  .duration(100, 5 * 60_000)
  .describe("How far a peer's clock may be off before what it signed is rejected as too old or too new.");

const pass = field
  .secretSource()
  .optional()
  .describe(
    "The password of VRRPv2, for mode password: keepalived's auth_pass, of which 8 bytes count. It travels in clear text.",
  );

export const heartbeat = field.mapping({
  transport: field
    .oneOf('udp', 'ip')
    .default('udp')
    .describe(
      'udp: VRRP in UDP datagrams, and beside them what the routers tell each other of their state (presence); ip: IP protocol 112, speaks to keepalived, and knows of a peer only what its advertisements say.',
    ),
  version: version.default(3),
  port: field.wholeNumber(1, 65_535).default(8112).describe('UDP port, on every router, for the udp transport.'),
  interval,
  advertise: advertise.default('vips'),
  min_ttl: field
    .wholeNumber(1, 255)
    .optional()
    .describe(
      'Lowest TTL or hop limit that is accepted, for the ip transport; 255 if not given: what was forwarded on the way is rejected.',
    ),
  auth: field
    .mapping({
      keys,
      active_key: activeKey,
      mode: authMode.default('enforce'),
      time_window: timeWindow.default('5s'),
      pass,
    })
    .prefault({})
    .describe('Authentication of everything the routers say to each other.'),
});

export const heartbeatOverride = field.mapping({
  version: version.optional(),
  interval,
  advertise: advertise.optional(),
  auth: field
    .mapping({
      keys,
      active_key: activeKey,
      mode: authMode.optional(),
      time_window: timeWindow.optional(),
      pass,
    })
    .optional()
    .describe('Fields given here replace those of `heartbeat.auth`.'),
});
