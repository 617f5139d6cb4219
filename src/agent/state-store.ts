import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Milliseconds } from '../dgram-vrrp/index.ts';
import { type Alarm, alarm } from './alarms.ts';
import { type FreezeCommand, type HoldCommand, MAX_COMMAND_ID, type StandbyCommand } from './commands.ts';

/** Ids are Unix time in milliseconds; beyond this, a peer could not be told of the next one (48 bits on the wire). */
const id = z.number().int().min(0).max(MAX_COMMAND_ID);

const stateSchema = z.object({
  holds: z.record(z.string(), z.object({ target: z.string().nullable(), id, origin: z.string() })).default({}),
  standby: z.record(z.string(), z.array(z.object({ router: z.string(), on: z.boolean(), id }))).default({}),
  freeze: z.object({ on: z.boolean(), id, origin: z.string() }).nullable().default(null),
});

/** What survives a restart. */
export interface SavedState {
  /** Group name → the hold of its last planned switchover. */
  readonly holds: Readonly<Record<string, HoldCommand>>;
  /** Group name → the last standby command of each router. */
  readonly standby: Readonly<Record<string, readonly StandbyCommand[]>>;
  readonly freeze: FreezeCommand | null;
}

export const NOTHING_SAVED: SavedState = { holds: {}, standby: {}, freeze: null };

/** Keeps the state in one small file, written whole beside its old form and renamed over it. */
export interface StateStore {
  /** The saved state; empty when there is none or it cannot be read (`onError` tells). */
  load(): SavedState;
  /** Writes in the background; the last call wins. */
  save(state: SavedState): void;
}

/** The store that is a file. */
export interface FileStore extends StateStore {
  /** The last state is not on disk, and why; it is tried again. */
  alarms(): readonly Alarm[];
}

/** A full disk is made room on; a command that is in force must be there after the next restart. */
const RETRY: Milliseconds = 5000;

/**
 * @param onError told that the file could not be read, or written; the daemon goes on without it
 * @param retry milliseconds after which what could not be written is tried again
 */
export function createStateStore(
  file: string,
  onError: (failure: 'not-read' | 'not-saved', detail: string) => void,
  retry = RETRY,
): FileStore {
  let writing = false;
  let pending: SavedState | undefined;
  let error: string | undefined;

  async function write(state: SavedState): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600, flush: true });
    await rename(`${file}.new`, file);
  }

  async function writeAll(): Promise<void> {
    writing = true;
    for (let state = pending; state !== undefined; state = pending) {
      try {
        await write(state);
        error = undefined;
        if (pending === state) pending = undefined;
      } catch (cause) {
        failed(messageOf(cause));
        await delay(retry, undefined, { ref: false });
      }
    }
    writing = false;
  }

  function failed(detail: string): void {
    if (detail !== error) onError('not-saved', detail);
    error = detail;
  }

  return {
    load() {
      try {
        return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
          onError('not-read', messageOf(error));
        return NOTHING_SAVED;
      }
    },
    save(state) {
      pending = state;
      if (!writing) void writeAll();
    },
    alarms() {
      const text = `holds, standby and freeze would not outlast a restart: ${file} is not saved: ${error}`;
      return error === undefined ? [] : [alarm('state', 'file', text)];
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
