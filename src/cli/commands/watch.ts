import type { EventReport } from '../../control/api.ts';
import { type CliContext, connect, examples, type Register } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { WatchState } from '../screens/watch.ts';
import type { Terminal } from '../terminal.ts';
import type { WatchView } from '../watch/follow.ts';

/** A daemon that hangs is told as such soon. */
const TIMEOUT = 3000;
/** More than any terminal has rows. */
const MOST_EVENTS = 200;

export const registerWatch: Register = (program, context, done) => {
  program
    .command('watch')
    .description(
      'The status, live: on a terminal a screen that is redrawn as things happen, with the latest events below; otherwise a line for each change. Goes on when the daemon is restarted. Ctrl-C ends it.',
    )
    .summary('show the status, live')
    .addHelpText('after', examples('failoverctl watch', 'failoverctl watch | tee failover.log'))
    .action(async (_options: object, command) => {
      const client = await connect(command, TIMEOUT);
      const { follow } = await import('../watch/follow.ts');
      const stopped = new AbortController();
      const release = context.onStop(() => stopped.abort());
      const view = context.terminal === undefined ? await lines(context) : await screen(context, context.terminal);
      try {
        await follow({ client, view, sleep: context.sleep, signal: stopped.signal });
      } finally {
        view.close();
        release();
      }
      done(EXIT.done);
    });
};

type ClosableView = WatchView & { readonly close: () => void };

async function lines(context: CliContext): Promise<ClosableView> {
  const { createLineView } = await import('../watch/lines.ts');
  return { ...createLineView((line) => context.stdout(`${line}\n`)), close: () => {} };
}

async function screen(context: CliContext, terminal: Terminal): Promise<ClosableView> {
  const { watchScreen } = await import('../screens/watch.ts');
  const events: EventReport[] = [];
  let state: WatchState | undefined;
  const draw = () => {
    if (state !== undefined) terminal.draw(watchScreen(state, terminal.size(), context));
  };
  const change = (next: WatchState) => {
    // Not before there is something to show: a daemon that is not there is told on the usual screen.
    if (state === undefined) terminal.open(draw);
    state = next;
    draw();
  };
  return {
    report: (report) => change({ report, events }),
    event(event) {
      events.push(event);
      if (events.length > MOST_EVENTS) events.shift();
    },
    lost({ message }, retryIn) {
      if (state !== undefined) change({ ...state, lost: { message, retryIn } });
    },
    close() {
      if (state !== undefined) terminal.close();
    },
  };
}
