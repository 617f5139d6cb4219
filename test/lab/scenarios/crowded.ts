import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { EventReport } from '../../../src/control/api.ts';
import { createControlClient } from '../../../src/control/client.ts';
import { until } from '../clock.ts';
import { WORK } from '../paths.ts';
import type { Scenario, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

const ROUTER = 'vrouter2';
const SOCKET = `${WORK}/${ROUTER}/run/control.sock`;
const CLIENTS = 200;
/** MB that several hundred clients may cost. */
const MEMORY = 20;
const SAYS_NOTHING = '';
const STOPS_HALF_WAY = 'GET /v1/sta';
const READS_NOTHING = 'GET /v1/events HTTP/1.1\r\nhost: a\r\n\r\n';

/** Connects so many clients, which say this and read nothing. */
function crowd(text: string): Promise<readonly Socket[]> {
  const clients = Array.from({ length: CLIENTS }, async () => {
    const socket = connect({ path: SOCKET });
    // The daemon ends the connection of whoever is one too many.
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    socket.pause();
    if (text !== '' && !socket.destroyed) socket.write(text);
    return socket;
  });
  return Promise.all(clients);
}

function residentMegabytes(pid: number): number {
  const [, size = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (Number(size) * 1024) / 1e6;
}

async function crowdAndTakeOver({ lab, note, check }: StepContext): Promise<void> {
  const { pid } = lab.daemon(ROUTER);
  const before = residentMegabytes(pid);
  const sockets: Socket[] = [];
  for (const [text, what] of [
    [SAYS_NOTHING, 'say nothing'],
    [STOPS_HALF_WAY, 'stop half way'],
    [READS_NOTHING, 'follow the events and do not read'],
  ] as const) {
    sockets.push(...(await crowd(text)));
    note(`${CLIENTS} clients that ${what}`);
    const status = await lab.failoverctl(ROUTER, ['status'], PATIENCE);
    check(`failoverctl status answers beside them (${what})`, status.code === 0, status.stderr.trim() || 'it does');
  }
  const grown = residentMegabytes(pid) - before;
  check('they cost next to no memory', grown < MEMORY, `${grown.toFixed(1)} MB`);

  const heard: EventReport[] = [];
  const leaving = new AbortController();
  const followed = createControlClient({ socketPath: SOCKET }).follow((event) => heard.push(event), leaving.signal);
  await until(() => heard.length > 0, PATIENCE);
  lab.daemon('vrouter1').kill('SIGKILL');
  note('SIGKILL to failoverd on vrouter1');
  const told = await until(() => heard.some(({ event }) => event === 'all-held'), PATIENCE);
  const names = heard.map(({ event }) => event);
  check('whoever reads the events hears of the takeover', told === true, [...new Set(names)].join(', '));
  check('the current alarms came first', names[0] === 'alarms', String(names[0]));
  leaving.abort();
  await followed;
  for (const socket of sockets) socket.destroy();
}

export const crowded: Scenario = {
  name: 'crowded',
  title: 'Hundreds of clients that say nothing or do not read keep nobody away from the control socket.',
  steps: [
    {
      title: `three times ${CLIENTS} such clients at ${ROUTER}; failoverd on vrouter1 is killed`,
      expect: { master: ROUTER, moves: 1 },
      act: crowdAndTakeOver,
    },
  ],
};
