import { until } from '../lab/clock.ts';
import { MASTER, type Stand } from './stand.ts';

const PATIENCE = 15_000;

/**
 * Makes the better router master again when its link has returned. By an admin's command: a router whose links come
 * and go, as they do here, pre-empts later and later.
 */
export async function takeBack(stand: Stand): Promise<void> {
  const control = stand.control(MASTER);
  const back = await until(
    async () => {
      const { groups } = await control.status();
      if (groups.every(({ state }) => state === 'master')) return true;
      // Refused until it is ready again.
      await control.failover({ to: MASTER }).catch(() => undefined);
      return false;
    },
    PATIENCE,
    100,
  );
  if (back === undefined) throw new Error(`${MASTER} does not become master again`);
}

/** Ends what `takeBack` or a planned failover left in force, if anything. */
export async function endHold(stand: Stand): Promise<void> {
  await stand
    .control(MASTER)
    .failback({})
    .catch(() => undefined);
}
