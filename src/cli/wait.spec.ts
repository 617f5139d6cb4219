import { expect, test } from 'vitest';
import type { StatusReport } from '../control/api.ts';
import { STATUS } from '../control/control.test-support.ts';
import { ControlError } from '../control/errors.ts';
import type { CliContext } from './context.ts';
import { waitForSwitchover } from './wait.ts';

/** A context whose clock moves only by sleeping. */
function fakeContext() {
  const lines: string[] = [];
  let clock = 5000;
  const context: CliContext = {
    stdout: (text) => lines.push(text),
    stderr: () => {},
    colour: false,
    hostname: 'vrouter1',
    env: {},
    now: () => clock,
    sleep: async (milliseconds) => {
      clock += milliseconds;
    },
    terminal: undefined,
    onStop: () => () => {},
  };
  return { context, lines, start: clock };
}

function statusWith(master: string, ...holders: readonly string[]): StatusReport {
  return {
    ...STATUS,
    groups: STATUS.groups.map((group) => ({
      ...group,
      master,
      vips: group.vips.map((vip, index) => ({ ...vip, holder: holders[index] ?? 'vrouter1' })),
    })),
  };
}

const asked = [{ group: 'isv', from: 'vrouter1', to: 'vrouter2' }];

test('each step is printed once, when it is seen', async () => {
  const { context, lines, start } = fakeContext();
  const answers = [
    statusWith('vrouter1'),
    statusWith('vrouter2', 'vrouter2'),
    statusWith('vrouter2', 'vrouter2'),
    new ControlError('timeout', 'busy'),
    statusWith('vrouter2', 'vrouter2', 'vrouter2', 'vrouter2'),
  ];
  const status = async (): Promise<StatusReport> => {
    const answer = answers.shift();
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('asked too often');
    return answer;
  };
  expect(await waitForSwitchover(asked, { client: { status }, context, start, end: start + 30_000 })).toBe(0);
  expect(lines.join('')).toBe(`  +0.10 s  isv: vrouter2 is master
  +0.10 s  isv: vrouter2 holds 172.20.136.132
  +0.40 s  isv: vrouter2 holds 10.0.0.4
  +0.40 s  isv: vrouter2 holds 10.0.0.36
done after 0.40 s; failoverctl failback ends the hold
`);
});

test('when the time is over it says what is missing', async () => {
  const { context, start } = fakeContext();
  const status = async () => statusWith('vrouter1', 'vrouter2');
  const waiting = waitForSwitchover(asked, { client: { status }, context, start, end: start + 1500 });
  await expect(waiting).rejects.toMatchObject({
    exitCode: 1,
    message:
      'not done after 1.5 s: isv: vrouter2 is not master, vrouter1 is; isv: 10.0.0.4 is with vrouter1; isv: 10.0.0.36 is with vrouter1. The switchover may still complete: failoverctl status shows it',
  });
});

test('a socket that may not be used ends the wait at once', async () => {
  const { context, start } = fakeContext();
  const status = () => Promise.reject(new ControlError('permission', 'no permission'));
  const waiting = waitForSwitchover(asked, { client: { status }, context, start, end: start + 1500 });
  await expect(waiting).rejects.toMatchObject({ code: 'permission' });
});
