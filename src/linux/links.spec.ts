import { describe, expect, it } from 'vitest';
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
