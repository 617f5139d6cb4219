import { expect, it } from 'vitest';
import { adviceOn } from './rejection-advice.ts';
import { createRejections, rejectionsText } from './rejections.ts';

it('what is accepted of one group says nothing of another, whose key differs', () => {
  const rejections = createRejections();
  rejections.rejected('vrouter2', 52, 'bad-hmac', 1000);
  rejections.rejected('vrouter2', 51, 'version', 1000);
  expect(rejectionsText(rejections.of('vrouter2', 1500))).toBe('version, VRID 51; bad-hmac, VRID 52');
  rejections.accepted('vrouter2', 51);
  expect(rejectionsText(rejections.of('vrouter2', 1500))).toBe('bad-hmac, VRID 52');
  expect(rejections.of('vrouter3', 1500)).toEqual([]);
});

it('is told of for five seconds', () => {
  const rejections = createRejections();
  rejections.rejected('vrouter2', 51, 'ttl', 1000);
  expect(rejections.of('vrouter2', 5999)).toEqual([{ virtualRouterId: 51, reason: 'ttl' }]);
  expect(rejections.of('vrouter2', 6000)).toEqual([]);
});

it('what is to be done is said once for each reason, and nothing of what no configuration mends', () => {
  const of = (...reasons: readonly string[]) =>
    adviceOn(reasons.map((reason, index) => ({ virtualRouterId: 51 + index, reason })));
  expect(of('ttl', 'ttl', 'checksum', 'auth-data')).toBe(
    'they arrive with a lower TTL than heartbeat.min_ttl; keepalived sends 64 over IPv6 and wants unicast_ttl 255, or min_ttl: 64 here; the password is not its auth_pass',
  );
  expect(of('checksum', 'length', 'toString')).toBe('');
});
