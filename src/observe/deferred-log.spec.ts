import { expect, it } from 'vitest';
import { createDeferredLog } from './deferred-log.ts';

const turn = () => new Promise<void>((done) => setImmediate(done));

function deferred() {
  const written: string[] = [];
  let time = 100;
  const { log, flush } = createDeferredLog(
    (event, at) => void written.push(`${at} ${event.event}`),
    () => time++,
  );
  return { written, log, flush };
}

it('writes events in order and with their own times, when what is under way is done', async () => {
  const { written, log } = deferred();
  log({ event: 'stopped' });
  log({ event: 'freeze', on: true, origin: 'vrouter1' });
  expect(written).toEqual([]);
  await turn();
  expect(written).toEqual(['100 stopped', '101 freeze']);
  log({ event: 'stopped' });
  await turn();
  expect(written).toEqual(['100 stopped', '101 freeze', '102 stopped']);
});

it('writes at once what waits when the process ends, and nothing twice', async () => {
  const { written, log, flush } = deferred();
  log({ event: 'stopped' });
  flush();
  expect(written).toEqual(['100 stopped']);
  await turn();
  expect(written).toEqual(['100 stopped']);
});

it('goes on after an event that could not be written', () => {
  const written: string[] = [];
  const { log, flush } = createDeferredLog(
    (event) => {
      if (event.event === 'stopped') throw new Error('no room');
      written.push(event.event);
    },
    () => 0,
  );
  log({ event: 'stopped' });
  expect(flush).toThrow('no room');
  log({ event: 'freeze', on: true, origin: 'vrouter1' });
  flush();
  expect(written).toEqual(['freeze']);
});
