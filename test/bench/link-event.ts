/** From the kernel's word on a link to what the election makes of it. */
import { now, until } from '../lab/clock.ts';
import type { Recorder, Sample } from './figures.ts';
import { watchLinkEvents } from './link-events.ts';
import { endHold, takeBack } from './recovery.ts';
import { MASTER, type Stand } from './stand.ts';

const NIC = 'ens5';
const PATIENCE = 2_000;
const GOAL = { of: 'median', limit: 2 } as const;

export async function measureLinkEvents(
  stand: Stand,
  recorder: Recorder,
  runs: number,
  progress: (text: string) => void,
): Promise<void> {
  const { lab } = stand;
  const section = `a link event (${NIC} of the master goes down), adverts each ${stand.interval} ms`;
  const addresses = Object.values(lab.plan.routers.find(({ name }) => name === MASTER)?.nics ?? {});
  const isOwn = (source: string): boolean => addresses.some(({ address }) => address === source);
  const events = await watchLinkEvents(MASTER);
  try {
    for (let run = 1; run <= runs; run += 1) {
      progress(`link event ${run} of ${runs}`);
      await stand.settled();
      const struckAt = now();
      lab.links.setLink(MASTER, NIC, 'down');
      const resignation = await until(
        () => lab.adverts.find(({ at, source, priority }) => at >= struckAt && priority === 0 && isOwn(source)),
        PATIENCE,
        50,
      );
      const event = events.first(NIC, struckAt);
      if (event === undefined || resignation === undefined) {
        throw new Error('the event or the resignation was not seen');
      }
      const ofEvent: Sample = {
        section,
        what: "netlink's event to the resignation on the wire",
        unit: 'ms',
        goal: GOAL,
      };
      recorder.add(ofEvent, resignation.at - event);
      recorder.add(
        { section, what: "ip's command line to the resignation on the wire", unit: 'ms' },
        resignation.at - struckAt,
      );
      lab.links.setLink(MASTER, NIC, 'up');
      await takeBack(stand);
      await endHold(stand);
    }
    await stand.settled();
  } finally {
    events.stop();
  }
}
