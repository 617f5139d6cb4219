/** vitest's worker processes in namespaces of their own: every spec file has the machine to itself (test/lab/apart.ts). */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { PoolOptions, PoolRunnerInitializer, PoolWorker } from 'vitest/node';
import { apart } from '../lab/apart.ts';

/** As vitest's own worker of its pool `forks`, apart. */
function createWorker({ distPath, execArgv, env, project }: PoolOptions): PoolWorker {
  const { outputStream, errorStream } = project.vitest.logger;
  let started: ChildProcess | undefined;
  const child = (): ChildProcess => {
    if (started === undefined) throw new Error('the worker does not run');
    return started;
  };
  return {
    name: 'apart',
    cacheFs: true,
    async start() {
      if (started !== undefined) return;
      const [program, ...args] = apart([process.execPath, ...execArgv, join(distPath, 'workers/forks.js')]);
      const stdio = ['ignore', 'pipe', 'pipe', 'ipc'] as const;
      started = spawn(program, args, { env: { ...env }, stdio: [...stdio], serialization: 'advanced' });
      started.stdout?.on('data', (text: Buffer) => void outputStream.write(text));
      started.stderr?.on('data', (text: Buffer) => void errorStream.write(text));
    },
    on: (event, callback) => void child().on(event, callback),
    off: (event, callback) => void child().off(event, callback),
    send: (message) => void child().send(message),
    deserialize: (data) => data,
    async stop() {
      const ending = child();
      started = undefined;
      if (ending.exitCode !== null || ending.signalCode !== null) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      // Its tests are over; nothing that they left behind survives it.
      ending.kill('SIGKILL');
      await ended;
    },
  };
}

export const apartPool: PoolRunnerInitializer = { name: 'apart', createPoolWorker: createWorker };
