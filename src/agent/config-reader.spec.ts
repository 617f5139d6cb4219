import { expect, it } from 'vitest';
import { type ConfigQuery, readConfigAside } from './config-reader.ts';

const QUERY = { path: 'f', node: undefined, hostname: 'r', before: {} } as unknown as ConfigQuery;

/** Reads with a thread that does this instead. */
const readWith = (program: string, patience?: number) =>
  readConfigAside(QUERY, new URL(`data:text/javascript,${encodeURIComponent(program)}`), patience);

it('hands the query over and answers with what the thread says', async () => {
  const echo = "import { parentPort, workerData } from 'node:worker_threads'; parentPort.postMessage(workerData);";
  expect(await readWith(echo)).toEqual(QUERY);
});

it('fails with the thread, or when it says nothing', async () => {
  await expect(readWith("throw new Error('out of luck');")).rejects.toThrow('out of luck');
  await expect(readWith('')).rejects.toThrow('without an answer');
  await expect(readWith('setInterval(() => {}, 1000);', 50)).rejects.toThrow('not read within 50 ms');
});
