import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStateStore, NOTHING_SAVED, type SavedState } from './state-store.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'failoverd-state-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(file = 'state.json') {
  const failures: string[] = [];
  const path = join(directory, file);
  return { path, failures, store: createStateStore(path, (failure) => failures.push(failure)) };
}

const HOLD: SavedState = { ...NOTHING_SAVED, holds: { isv: { target: 'vrouter2', id: 7, origin: 'vrouter1' } } };

describe('the saved state', () => {
  it('is what was saved last, on disk as a whole', async () => {
    const { store, path } = open('new/state.json');
    store.save(NOTHING_SAVED);
    store.save(HOLD);
    await expect.poll(() => open('new/state.json').store.load()).toEqual(HOLD);
    expect(readFileSync(path, 'utf8').endsWith('}\n')).toBe(true);
  });

  it('is nothing where there is no file, without a word', () => {
    const { store, failures } = open();
    expect(store.load()).toEqual(NOTHING_SAVED);
    expect(failures).toEqual([]);
  });

  it('understands the file of a release that saved less', () => {
    const { store, path } = open();
    writeFileSync(path, '{"holds":{"isv":{"target":null,"id":3,"origin":"vrouter1"}}}');
    expect(store.load()).toEqual({ ...NOTHING_SAVED, holds: { isv: { target: null, id: 3, origin: 'vrouter1' } } });
  });

  for (const text of [
    '',
    '{',
    '[]',
    '{"holds":{"isv":{"target":"b","id":1e300,"origin":"a"}}}',
    '{"holds":{"isv":{"target":"b","id":-5,"origin":"a"}}}',
    '{"holds":{"isv":{"target":"b","id":1.5,"origin":"a"}}}',
    `{"freeze":{"on":true,"id":${2 ** 48},"origin":"a"}}`,
  ]) {
    it(`is nothing, and says so, where the file holds ${text || 'no byte'}`, () => {
      const { store, path, failures } = open();
      writeFileSync(path, text);
      expect(store.load()).toEqual(NOTHING_SAVED);
      expect(failures).toEqual(['not-read']);
    });
  }

  it('that cannot be written is tried again until it can, told once and alarmed meanwhile', async () => {
    const { failures } = open();
    const blocked = join(directory, 'file');
    writeFileSync(blocked, '');
    const path = join(blocked, 'state.json');
    const store = createStateStore(path, (failure) => failures.push(failure), 5);
    store.save(NOTHING_SAVED);
    await expect.poll(() => store.alarms().map(({ topic }) => topic)).toEqual(['state']);
    // The newest counts, also one that came while the disk said no.
    store.save(HOLD);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(failures).toEqual(['not-saved']);
    rmSync(blocked);
    await expect.poll(() => store.alarms()).toEqual([]);
    expect(createStateStore(path, () => {}).load()).toEqual(HOLD);
  });

  it('that cannot be written is told, and nothing else happens', async () => {
    const { failures } = open();
    writeFileSync(join(directory, 'file'), '');
    const store = createStateStore(join(directory, 'file/state.json'), (failure) => failures.push(failure));
    store.save(HOLD);
    await expect.poll(() => failures).toEqual(['not-saved']);
  });
});
