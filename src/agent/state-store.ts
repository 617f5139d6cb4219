import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
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

/** @param onError told that the file could not be read, or written; the daemon goes on without it */
export function createStateStore(
  file: string,
  onError: (failure: 'not-read' | 'not-saved', detail: string) => void,
): StateStore {
  let writing = false;
  let pending: SavedState | undefined;

  async function write(): Promise<void> {
    while (pending !== undefined) {
      const text = `${JSON.stringify(pending)}\n`;
      pending = undefined;
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.new`, text, { mode: 0o600, flush: true });
      await rename(`${file}.new`, file);
    }
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
      if (writing) return;
      writing = true;
      write()
        .catch((error: unknown) => onError('not-saved', messageOf(error)))
        .finally(() => {
          writing = false;
        });
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
