import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTerminal, run } from './cli/index.ts';

/* The admin's command. Everything it does is in cli/; here it meets the process. */

const { env, stdout, stderr } = process;

// `failoverctl status | head -1` ends well: whoever closes the pipe has read enough.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const dumb = env['TERM'] === undefined || env['TERM'] === 'dumb';
const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

process.exitCode = await run(process.argv.slice(2), {
  stdout: (text) => void stdout.write(text),
  stderr: (text) => void stderr.write(text),
  // https://no-color.org: set and not empty.
  colour: stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
  hostname: hostname(),
  env,
  now: () => performance.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { ...(signal && { signal }) }).catch(() => {}),
  terminal: stdout.isTTY && !dumb ? createTerminal(stdout, process) : undefined,
  onStop(stop) {
    for (const signal of STOPS) process.on(signal, stop);
    return () => {
      for (const signal of STOPS) process.off(signal, stop);
    };
  },
});
