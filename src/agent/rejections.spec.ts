import { expect, it } from 'vitest';
import { createRejections } from './rejections.ts';

it('what is accepted of one group says nothing of another, whose key differs', () => {
  const rejections = createRejections();
  rejections.rejected('vrouter2', 52, 'bad-hmac', 1000);
  rejections.rejected('vrouter2', 51, 'version', 1000);
  expect(rejections.of('vrouter2', 1500)).toBe('version, VRID 51; bad-hmac, VRID 52');
  rejections.accepted('vrouter2', 51);
  expect(rejections.of('vrouter2', 1500)).toBe('bad-hmac, VRID 52');
  expect(rejections.of('vrouter3', 1500)).toBeUndefined();
});

it('is told of for five seconds', () => {
  const rejections = createRejections();
  rejections.rejected('vrouter2', 51, 'ttl', 1000);
  expect(rejections.of('vrouter2', 5999)).toBe('ttl, VRID 51');
  expect(rejections.of('vrouter2', 6000)).toBeUndefined();
});
