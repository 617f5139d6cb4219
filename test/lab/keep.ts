/**
 * A lab that stays up (`--keep`). A process in the background holds it (its daemons are that process's children) and
 * obeys lines on a unix socket: `start vrouter1`, `stop vrouter1`, `kill vrouter1`, `down`.
 */
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cleanUp, createLab, type Lab } from './lab.ts';
import { lockLab } from './lock.ts';
import { WORK } from './paths.ts';
import { bringUp } from './perform.ts';

const SOCKET = `${WORK}/holder.sock`;
const UP = 'up';

const HELP = `
The lab is up: vrouter1 (priority 200) and vrouter2 (100), three VIPs, a management host and two customers.

  look            sudo scripts/lab ctl vrouter1 status
                  sudo scripts/lab ctl vrouter2 watch
                  sudo tail -f ${WORK}/vrouter1/failoverd.log
  pull a link     sudo scripts/lab exec vrouter1 ip link set ens5 down
                  sudo scripts/lab exec vrouter1 ip link set ens5 up
  planned         sudo scripts/lab ctl vrouter1 failover --wait
                  sudo scripts/lab ctl vrouter1 failback
  the daemon      sudo scripts/lab kill vrouter1        (also: stop, start)
  packets         sudo scripts/lab exec mgmt tcpdump -ni eth0
  the network     ip -n fo-vcn neigh                    (which VNIC has which VIP)
  take it down    sudo scripts/lab down
`;

function obey(lab: Lab, line: string): string {
  const [verb = '', router = ''] = line.split(' ');
  if (!lab.plan.routers.some(({ name }) => name === router)) return `there is no router ${router}`;
  const runs = lab.running().includes(router);
  if (verb === 'start') {
    if (runs) return `failoverd runs already on ${router}`;
    lab.start(router);
    return 'ok';
  }
  if (!runs) return `failoverd does not run on ${router}`;
  lab.daemon(router).kill(verb === 'kill' ? 'SIGKILL' : 'SIGTERM');
  return 'ok';
}

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
  const running = lab;
  const server = createServer((connection) => {
    connection.on('error', () => {});
    createInterface({ input: connection }).on('line', (line) => {
      if (line === 'down') void down();
      else connection.end(`${obey(running, line)}\n`);
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

/** `start`, `stop` or `kill` a router's daemon in a kept lab. */
export async function tellHolder(verb: string, router: string): Promise<number> {
  const answer = await tell(`${verb} ${router}`);
  if (answer === 'ok') return 0;
  process.stderr.write(`scripts/lab: ${answer ?? 'no lab is up: start one with: sudo scripts/lab --keep'}\n`);
  return 1;
}

/** Removes a kept lab, and whatever a crashed one left behind. */
export async function takeDown(): Promise<number> {
  await tell('down');
  const unlock = await lockLab(5_000);
  await cleanUp();
  unlock();
  return 0;
}
