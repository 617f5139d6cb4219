/** Program of the process in which specs run the OCI side: NODE_EXTRA_CA_CERTS counts only from a process's start. */
import { createOci } from './oci.ts';
import type { OciOptions } from './types.ts';

const [options, worker] = process.argv.slice(2);
const oci = createOci(
  JSON.parse(options ?? '{}') as OciOptions,
  {
    onStatus: (status) => process.send?.({ kind: 'status', status }),
    onExchange: (exchange) => process.send?.({ kind: 'exchange', exchange }),
  },
  { worker: new URL(worker ?? '') },
);

interface Ask {
  readonly number: number;
  readonly name: keyof typeof oci;
  readonly args: readonly unknown[];
}

process.on('message', async ({ number, name, args }: Ask) => {
  const run = oci[name] as unknown as (...args: readonly unknown[]) => Promise<unknown>;
  const answer = await run(...args);
  process.send?.({ kind: 'answer', number, answer });
  if (name === 'close') process.disconnect();
});
