/** Before the first end-to-end test. */
import { fileURLToPath } from 'node:url';
import { prepare } from './systemd/machine.ts';

export async function setup(): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error('the end-to-end tests make network namespaces: run them as root (sudo scripts/test)');
  }
  await prepare(fileURLToPath(new URL('prepare.sh', import.meta.url)));
}
