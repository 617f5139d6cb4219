/** `scripts/fuzz`: see USAGE. */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';

const USAGE = `usage: scripts/fuzz [--datagrams N] [--seed S]

Sends damaged datagrams through the whole receive path: nothing may throw, be believed, or pile up.
  --datagrams N   how many; 10,000,000 unless told
  --seed S        the same seed makes the same mutations; 1 unless told

What is mutated is what the routers really sent, with random challenges in it: a failure shows the datagram itself.
`;

const EXIT_USAGE = 2;
const MEGABYTE = 1024 * 1024;

function numberOf(text: string | undefined): number {
  const number = Number(text);
  return Number.isSafeInteger(number) && number > 0 ? number : Number.NaN;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      datagrams: { type: 'string', default: '10000000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const datagrams = numberOf(values.datagrams.replaceAll('_', ''));
  const seed = numberOf(values.seed);
  if (values.help || Number.isNaN(datagrams) || Number.isNaN(seed)) {
    process.stdout.write(USAGE);
    return values.help ? 0 : EXIT_USAGE;
  }
  let toldAt = performance.now();
  const report = await fuzz({
    datagrams,
    seed,
    onProgress(done) {
      if (performance.now() - toldAt < 5_000) return;
      toldAt = performance.now();
      process.stderr.write(`${done} of ${datagrams}\n`);
    },
  });
  const { sent, signed, rejected, failures, heap, took } = report;
  const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(1);
  const reasons = [...rejected]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `  ${reason.padEnd(30)}${count}`);
  const lines = [
    `seed ${seed}: ${sent} datagrams in ${(took / 1000).toFixed(0)} s, ${Math.round(sent / (took / 1000))} a second; ${signed} of them signed with the right key`,
    `rejected:\n${reasons.join('\n')}`,
    `heap in use: ${megabytes(heap.before)} MB after a tenth of them, ${megabytes(heap.after)} MB at the end`,
    ...failures.map((failure) => `FAILED: ${failure}`),
    failures.length === 0 ? 'nothing thrown, nothing believed, nothing piled up' : `${failures.length} failures`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return failures.length === 0 ? 0 : 1;
}

process.exitCode = await main();
