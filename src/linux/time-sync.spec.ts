import { load } from 'koffi';
import { expect, it } from 'vitest';
import { isClockSynchronised } from './time-sync.ts';

/** ntp_gettime(3) answers TIME_ERROR while the clock is not synchronised: another call, and another field, of the same clock. */
const TIME_ERROR = 5;
const clockState: (buffer: Uint8Array) => number = load(null).func('int ntp_gettime(void *)');

it('says what the kernel says', async () => {
  expect(await isClockSynchronised()).toBe(clockState(Buffer.alloc(256)) !== TIME_ERROR);
});
