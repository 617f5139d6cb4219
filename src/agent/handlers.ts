import { ControlError } from '../control/errors.ts';
import type { ControlHandlers } from '../control/handlers.ts';
import type { History } from '../observe/index.ts';
import type { Router } from './router.ts';

/** What the control socket may ask of a router. */
export function createHandlers(router: Router, history: History): ControlHandlers {
  return {
    status: async () => router.status(),
    history: async ({ limit }) => ({ entries: history.entries(limit) }),
    failover: async (request) => router.switchover.failover(request),
    failback: async (request) => router.switchover.failback(request),
    verify: async () => router.verify(),
    standby: async (request) => router.maintenance.standby(request),
    freeze: async (request) => router.maintenance.freeze(request),
    reload: async () => {
      throw new ControlError(
        'not-served',
        'reload is not served by this release; check the file with failoverd --check, then restart the backup first',
      );
    },
  };
}
