import { exitText, type Scenario } from '../scenario.ts';

/** Milliseconds; drain_timeout is 10 s. */
const SOON = 5_000;

export const stop: Scenario = {
  name: 'stop',
  title: 'systemctl stop on the master: it hands over before it ends.',
  steps: [
    {
      title: 'SIGTERM to failoverd on vrouter1',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        const daemon = lab.daemon('vrouter1');
        daemon.kill('SIGTERM');
        await daemon.exit;
      },
      async after({ lab, since, check }) {
        const daemon = lab.daemons.findLast(({ router }) => router === 'vrouter1');
        const exit = daemon?.ended() ?? null;
        check('failoverd ended by itself with 0', exit?.code === 0, exitText(exit));
        const moved = (await lab.simulator.journal()).filter(({ at }) => at >= since).map(({ at }) => at);
        const waited = exit !== null && moved.length > 0 && Math.max(...moved) <= exit.at;
        check('it waited until the VIPs had left', waited, waited ? 'yes' : 'it ended before');
        const lingered = exit === null ? Number.POSITIVE_INFINITY : exit.at - Math.max(...moved);
        check('it ended then, and not at drain_timeout', lingered < SOON, `${lingered.toFixed(0)} ms later`);
        const told = daemon?.notifications.some(({ fields }) => fields['STOPPING'] === '1') ?? false;
        check('it told systemd that it stops', told, told ? 'STOPPING=1' : 'no STOPPING=1');
      },
    },
  ],
};
