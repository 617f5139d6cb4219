/**
 * A lab that stays up (`--keep`). A process in the background holds it (its daemons are that process's children) and
 * obeys lines on a unix socket, `start vrouter1` or `down` for example.
 */
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { now } from './clock.ts';
import { cleanUp, createLab, type Lab } from './lab.ts';
import { lockLab } from './lock.ts';
import { flowRows } from './observe.ts';
import { WORK } from './paths.ts';
import { bringUp } from './perform.ts';
import { renderFlows } from './report.ts';

const SOCKET = `${WORK}/holder.sock`;
const UP = 'up';
const OK = 'ok';

const HELP = `
The lab is up: vrouter1 (priority 200) and vrouter2 (100), three VIPs, a management host and two customers.

  look            sudo scripts/lab ctl vrouter1 status
                  sudo scripts/lab ctl vrouter2 history
                  sudo tail -f ${WORK}/vrouter1/failoverd.log
  pull a link     sudo scripts/lab link vrouter1 ens5 down     (ip link set; 'up' brings its routes back, too)
                  sudo scripts/lab cable vrouter1 ens3 down    (the far end: the router loses its carrier)
  packets         sudo scripts/lab traffic                     (lost since the last time you asked)
  planned         sudo scripts/lab ctl vrouter1 failover --wait
                  sudo scripts/lab ctl vrouter1 failback
  the daemon      sudo scripts/lab kill vrouter1               (also: stop, start)
  any command     sudo scripts/lab exec vrouter1 ip addr       (also: mgmt, cust1, cust2)
  the network     sudo ip -n fo-vcn neigh                      (which VNIC has which VIP)
  take it down    sudo scripts/lab down
`;

type Obey = (words: readonly string[]) => Promise<string> | string;

/** What the background process can be told; the answer is 'ok', or something to print. */
function verbs(lab: Lab): Readonly<Record<string, Obey>> {
  let asked = now();
  const daemon =
    (act: (router: string) => void, shouldRun: boolean): Obey =>
    ([router = '']) => {
      if (!lab.plan.routers.some(({ name }) => name === router)) return `there is no router ${router}`;
      const runs = lab.running().includes(router);
      if (runs !== shouldRun) return `failoverd ${runs ? 'runs already' : 'does not run'} on ${router}`;
      act(router);
      return OK;
    };
  const link =
    (act: (router: string, nic: string, state: 'up' | 'down') => void): Obey =>
    ([router = '', nic = '', state = '']) => {
      const nics = lab.plan.routers.find(({ name }) => name === router)?.nics ?? {};
      if (nics[nic] === undefined || (state !== 'up' && state !== 'down')) return 'say: ROUTER INTERFACE up|down';
      act(router, nic, state);
      return OK;
    };
  return {
    start: daemon((router) => lab.start(router), false),
    stop: daemon((router) => lab.daemon(router).kill('SIGTERM'), true),
    kill: daemon((router) => lab.daemon(router).kill('SIGKILL'), true),
    link: link(lab.links.setLink),
    cable: link((router, nic, state) => lab.links.setCarrier(router, [nic], state)),
    async traffic() {
      const since = asked;
      asked = now();
      return renderFlows(flowRows(await lab.traffic.report(since)));
    },
  };
}

/** The verbs that main.ts passes on. */
export const VERBS: readonly string[] = ['start', 'stop', 'kill', 'link', 'cable', 'traffic'];

/** The background process: builds the lab, says so, and holds it until it is told to go. */
export async function hold(interval: string | undefined): Promise<number> {
  const unlock = await lockLab(0);
  let lab: Lab | undefined;
  const down = async (): Promise<never> => {
    await (lab === undefined ? cleanUp() : lab.stop());
    unlock();
    process.exit(0);
  };
  process.once('SIGTERM', () => void down());
  process.once('SIGINT', () => void down());
  // The terminal that started it goes away.
  process.stdout.on('error', () => {});
  process.on('SIGHUP', () => {});
  try {
    lab = await createLab(interval === undefined ? {} : { interval });
    await bringUp(lab);
  } catch (error) {
    await (lab === undefined ? cleanUp() : lab.stop());
    throw error;
  }
  const known = verbs(lab);
  const server = createServer((connection) => {
    connection.on('error', () => {});
    createInterface({ input: connection }).on('line', async (line) => {
      const [verb = '', ...words] = line.split(' ');
      if (verb === 'down') await down();
      connection.end(`${(await known[verb]?.(words)) ?? `cannot ${verb}`}\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(SOCKET, resolve));
  process.stdout.write(`${UP}\n`);
  // Held by the server's socket; `down` ends it.
  return new Promise(() => {});
}

/** Starts the background process and returns when the lab is up. */
export async function keep(interval: string | undefined): Promise<number> {
  const args = [fileURLToPath(import.meta.url), '--hold', ...(interval === undefined ? [] : ['--interval', interval])];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  const up = await new Promise<boolean>((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(line === UP));
    child.once('exit', () => resolve(false));
  });
  if (!up) {
    process.stderr.write(complaint);
    return 1;
  }
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
  process.stdout.write(HELP);
  return 0;
}

/** Sends a line to the background process; undefined when there is none. Answers '' when it ends instead of answering. */
function tell(line: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const connection = connect(SOCKET);
    let answer = '';
    connection.once('error', () => resolve(undefined));
    connection.on('data', (text) => {
      answer += text.toString();
    });
    connection.once('close', () => resolve(answer.trim()));
    connection.write(`${line}\n`);
  });
}

/** Has the background process do something. */
export async function tellHolder(words: readonly string[]): Promise<number> {
  const answer = await tell(words.join(' '));
  if (answer === undefined) {
    process.stderr.write('scripts/lab: no lab is up: start one with: sudo scripts/lab --keep\n');
    return 1;
  }
  if (answer !== OK) process.stdout.write(`${answer}\n`);
  return answer === OK || words[0] === 'traffic' ? 0 : 1;
}

/** Removes a kept lab, and whatever a crashed one left behind. */
export async function takeDown(): Promise<number> {
  await tell('down');
  const unlock = await lockLab(5_000);
  await cleanUp();
  unlock();
  return 0;
}
