import { lockLab } from '../lab/lock.ts';

/** How long a test waits for another lab on this machine to end. */
const PATIENCE = 120_000;

/** Takes the machine for this test file. There is no way around it: without root these tests fail, they are not skipped. */
export function claimMachine(): Promise<() => void> {
  if (process.getuid?.() !== 0) {
    throw new Error('the end-to-end tests make network namespaces: run them as root (sudo scripts/test)');
  }
  return lockLab(PATIENCE);
}
