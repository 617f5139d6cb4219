import { describe, expect, it } from 'vitest';
import { ensureAddress } from './addresses.ts';
import { watchLinks } from './links.ts';

// What needs links of its own stands in test/e2e/linux.spec.ts; this much works for any user.
describe('watchLinks', () => {
  it('knows the loopback link when it returns', () => {
    const watcher = watchLinks({ onChange() {}, onError() {} });
    try {
      expect(watcher.links().get('lo')).toMatchObject({ name: 'lo', mac: '00:00:00:00:00:00' });
    } finally {
      watcher.close();
      watcher.close();
    }
  });
});

describe('ensureAddress', () => {
  it('rejects what is no address and a device that is not there, before it asks the kernel', async () => {
    await expect(ensureAddress('lo', '10.0.0')).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(ensureAddress('no-such-dev', '10.0.0.4')).rejects.toMatchObject({ code: 'no-such-device' });
  });
});
