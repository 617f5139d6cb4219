import type { DoctorReport, ReloadReport } from '../control/api.ts';
import type { ControlHandlers } from '../control/handlers.ts';
import type { EventFeed, History } from '../observe/index.ts';
import type { Router } from './router-types.ts';

/** What the control socket may ask of a router. */
export function createHandlers(
  router: Router,
  history: History,
  events: EventFeed,
  reload: () => Promise<ReloadReport>,
  examine: () => Promise<DoctorReport>,
): ControlHandlers {
  return {
    status: async () => router.status(),
    history: async ({ limit }) => ({ entries: history.entries(limit) }),
    failover: async (request) => router.switchover.failover(request),
    failback: async (request) => router.switchover.failback(request),
    verify: async () => router.verify(),
    standby: async (request) => router.maintenance.standby(request),
    freeze: async (request) => router.maintenance.freeze(request),
    reload,
    follow: events.follow,
    doctor: examine,
  };
}
