import type { Scenario } from '../scenario.ts';

/** What the tenancy serves, of all routers together. */
const PER_SECOND = 20;
/** A master down interval of the backup at 200 ms: a heartbeat that paused for so long would have been a failover. */
const LONGEST_PAUSE = 600;
/** The lock may not wait for the others; far above what a loaded machine adds. */
const LOCK_WITHIN = 5_000;

export const throttled: Scenario = {
  name: 'throttled',
  title: `The tenancy serves ${PER_SECOND} requests a second: a failover of 24 VIPs completes, and the heartbeat does not care.`,
  options: {
    vipsPerSubnet: 8,
    parameters: { rateLimit: { perSecond: PER_SECOND, burst: PER_SECOND, scope: 'tenancy' } },
  },
  steps: [
    {
      title: 'SIGKILL to failoverd on vrouter1',
      expect: { master: 'vrouter2', moves: 1, stays: 5_000, warm: false },
      async act({ lab }) {
        lab.daemon('vrouter1').kill('SIGKILL');
      },
      async after({ lab, since, check }) {
        const requests = (await lab.simulator.requests()).filter(({ at }) => at >= since);
        const refused = requests.filter(({ status }) => status === 429);
        check('the tenancy refused some requests', refused.length > 0, `${refused.length} of ${requests.length}`);

        const lock = lab.plan.segments[0]?.vips[0];
        const moves = (await lab.simulator.journal()).filter(({ at }) => at >= since);
        const first = moves[0]?.at ?? 0;
        const lockAt = moves.find(({ address }) => address === lock)?.at ?? Number.POSITIVE_INFINITY;
        check(
          'the lock did not wait for the others',
          lockAt - first <= LOCK_WITHIN,
          `${(lockAt - first).toFixed(0)} ms after the first VIP; the last one ${((moves.at(-1)?.at ?? 0) - first).toFixed(0)} ms`,
        );

        const path = Object.values(lab.plan.routers.find(({ name }) => name === 'vrouter2')?.nics ?? {})[0]?.address;
        const adverts = lab.adverts.filter(({ at, source }) => at >= since && source === path).map(({ at }) => at);
        const longest = Math.max(...adverts.slice(1).map((at, index) => at - (adverts[index] ?? at)));
        check(
          'its heartbeat never paused',
          longest < LONGEST_PAUSE,
          `at most ${longest.toFixed(0)} ms between adverts`,
        );
      },
    },
  ],
};
