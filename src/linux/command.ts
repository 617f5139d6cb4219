/** One run of a command: with a deadline, and the end of its output. */
import { Socket } from 'node:net';
import { constants } from 'node:os';
import type { CommandResult, RunCommand } from './command-result.ts';
import { LinuxError } from './linux-error.ts';
import { type StartedProcess, startProcess } from './process.ts';

/** Between SIGTERM and SIGKILL, milliseconds. */
const KILL_AFTER = 1000;
/** Of its output the last so many bytes are kept. */
const OUTPUT_KEPT = 2048;
/** What a process left in its pipe is read for this long after its end: a child of it may hold the pipe open for ever. */
const OUTPUT_AFTER_END = 50;

/** Starts a command; everything that goes wrong with it is a result. */
export const runCommand: RunCommand = (options) => {
  const output = createTail();
  let child: StartedProcess | undefined;
  let stopped = false;
  let killTimer: NodeJS.Timeout | undefined;

  function stop(): void {
    if (stopped) return;
    stopped = true;
    child?.signal('SIGTERM');
    killTimer = setTimeout(() => child?.signal('SIGKILL'), KILL_AFTER);
  }

  async function run(): Promise<CommandResult> {
    try {
      child = await startProcess(options);
    } catch (error) {
      clearTimeout(killTimer);
      const reason = error instanceof LinuxError ? whyNotStarted(error) : String(error);
      return { kind: 'not-started', reason, output: '' };
    }
    const closed = output.follow(child.output);
    // Told to stop while it was being started.
    if (stopped) child.signal('SIGTERM');
    const end = await child.end;
    clearTimeout(killTimer);
    await closed();
    return { ...end, output: output.text() };
  }

  const ended = run();
  const gone = ended.then(() => undefined);
  const result = new Promise<CommandResult>((resolve) => {
    const timer = setTimeout(() => {
      stop();
      resolve({ kind: 'timed-out', after: options.timeout, output: output.text() });
    }, options.timeout);
    void ended.then((outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    });
  });
  return { result, gone, stop };
};

function whyNotStarted(error: LinuxError): string {
  if (error.errno === constants.errno.ENOEXEC) return `${error.call} is no program (a script begins with #!)`;
  switch (error.code) {
    case 'no-receiver':
      return `${error.call} does not exist (or its interpreter does not)`;
    case 'permission-denied':
      return `${error.call} may not be executed by this user`;
    default:
      return `could not be started: ${error.message}`;
  }
}

/** The last bytes of a stream, as printable lines. */
function createTail() {
  let bytes = Buffer.alloc(0);
  return {
    /** Reads until the end. Answers how to stop, which waits for what is there already. */
    follow(fd: number): () => Promise<void> {
      const stream = new Socket({ fd, readable: true, writable: false });
      stream.on('data', (chunk) => {
        bytes = Buffer.concat([bytes, chunk]).subarray(-OUTPUT_KEPT);
      });
      const closed = new Promise<void>((resolve) => {
        stream.on('close', () => resolve());
        // Reading a pipe fails for nobody; were it to, the output ends here.
        stream.on('error', () => stream.destroy());
      });
      return async () => {
        const timer = setTimeout(() => stream.destroy(), OUTPUT_AFTER_END);
        await closed;
        clearTimeout(timer);
      };
    },
    // A cut character and whatever would move a cursor become blanks.
    text: () => bytes.toString('utf8').replaceAll(/[^\P{C}\n]|\uFFFD/gu, ' '),
  };
}
