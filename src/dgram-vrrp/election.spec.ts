import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createElection } from './election.ts';
import type {
  Election,
  ElectionAction,
  ElectionConfig,
  ElectionEvent,
  ElectionExtensions,
  ElectionTimer,
  Successor,
} from './election-types.ts';

const DEFAULTS: ElectionConfig = {
  version: 3,
  priority: 100,
  interval: 1000,
  address: '192.0.2.10',
  preempt: true,
  preemptDelay: 0,
  addresses: ['192.0.2.1'],
};

const EXTENSIONS: Required<ElectionExtensions> = {
  startupDelay: 2000,
  resignCopies: 3,
  namedSuccessor: true,
  stallRule: true,
  readiness: true,
  onlyMasterResigns: true,
  report: true,
};

/** `priority=200 interval=2000 ext=readiness` onto a configuration. */
function withSettings(base: ElectionConfig, settings: readonly string[]): ElectionConfig {
  let config = base;
  for (const setting of settings) {
    const [key = '', value = ''] = setting.split('=');
    if (key === 'ext') {
      const extensions = Object.fromEntries(
        value.split(',').map((name) => [name, EXTENSIONS[name as keyof ElectionExtensions]]),
      );
      config = { ...config, extensions };
    } else if (key === 'addresses') config = { ...config, addresses: value.split(',') };
    else if (key === 'address') config = { ...config, address: value };
    else if (key === 'preempt') config = { ...config, preempt: value === 'true' };
    else if (['version', 'priority', 'interval', 'preemptDelay'].includes(key))
      config = { ...config, [key]: Number(value) };
    else throw new Error(`unknown setting ${setting}`);
  }
  return config;
}

function option(words: readonly string[], name: string): string | undefined {
  return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Fires the armed timer of that name, however many are armed. */
function armedGeneration(armed: ReadonlyMap<ElectionTimer, number>, timer: ElectionTimer): number {
  const generation = armed.get(timer);
  if (generation === undefined) throw new Error(`timer ${timer} is not armed`);
  return generation;
}

function parseEvent(
  line: string,
  config: ElectionConfig,
  armed: ReadonlyMap<ElectionTimer, number>,
): { event: ElectionEvent; config: ElectionConfig } {
  const [name = '', ...words] = line.split(/\s+/);
  const timer = words[0] as ElectionTimer;
  const on = words[0] === 'on';
  switch (name) {
    case 'startup':
    case 'shutdown':
    case 'resign':
    case 'deferred':
      return { event: { kind: name }, config };
    case 'resumed':
      return { event: { kind: 'resumed', late: Number(words[0]) }, config };
    case 'vouched':
      return { event: { kind: 'vouched', heardAt: Number(words[0]) }, config };
    case 'hold':
      return { event: { kind: 'hold', on, ours: words[1] === 'ours' }, config };
    case 'fault':
    case 'standby':
    case 'freeze':
    case 'superseded':
      return { event: { kind: name, on }, config };
    case 'ready':
      return { event: { kind: 'readiness', ready: on }, config };
    case 'fire':
      return { event: { kind: 'timer', timer, generation: armedGeneration(armed, timer) }, config };
    case 'stale':
      return { event: { kind: 'timer', timer, generation: (armed.get(timer) ?? 1) - 1 }, config };
    case 'reconfigure': {
      const next = withSettings(config, words);
      return { event: { kind: 'reconfigure', config: next }, config: next };
    }
    case 'advert': {
      const successor = option(words, 'successor');
      return {
        config,
        event: {
          kind: 'advert',
          priority: Number(words[0]),
          interval: Number(option(words, 'interval') ?? 1000),
          source: option(words, 'from') ?? '192.0.2.99',
          holding: words.includes('holding'),
          ...(successor === undefined ? {} : { successor: successor as Successor }),
        },
      };
    }
    default:
      throw new Error(`unknown event ${line}`);
  }
}

function formatAction(action: ElectionAction): string {
  switch (action.kind) {
    case 'send-advert':
      return `send-advert ${action.priority} interval=${action.interval}${action.copies === 1 ? '' : ` copies=${action.copies}`}`;
    case 'activate':
    case 'announce':
    case 'deactivate':
      return `${action.kind} ${action.addresses.join(' ')}`;
    case 'arm':
      return `arm ${action.timer} ${action.after}`;
    case 'cancel':
      return `cancel ${action.timer}`;
    case 'transition':
      return `transition ${action.from} ${action.to} ${action.reason}`;
    case 'superseded':
      return `superseded ${action.on ? 'on' : 'off'}`;
    case 'warn':
      return `warn ${action.code} ${action.source}`;
    case 'rival':
      return `rival ${action.source} ${action.priority}`;
    case 'stalled':
      return `stalled ${action.late}`;
  }
}

/** Runs one row; answers what was expected and what happened, as lines. */
function runRow(lines: readonly string[]): { expected: string[]; actual: string[] } {
  const expected: string[] = [];
  const actual: string[] = [];
  const armed = new Map<ElectionTimer, number>();
  let now = 0;
  let config = DEFAULTS;
  let election: Election = createElection(config);

  function handle(line: string): readonly ElectionAction[] {
    const parsed = parseEvent(line, config, armed);
    config = parsed.config;
    const actions = election.handle(now, parsed.event);
    for (const action of actions) if (action.kind === 'arm') armed.set(action.timer, action.generation);
    return actions;
  }

  for (const line of lines) {
    const rest = line.slice(1).trim();
    if (line.startsWith('given')) {
      config = withSettings(DEFAULTS, line.split(/\s+/).slice(1));
      election = createElection(config);
    } else if (line.startsWith('@')) now = Number(rest);
    else if (line.startsWith('~')) handle(rest);
    else if (line.startsWith('>')) {
      expected.push(line);
      actual.push(line, ...handle(rest).map((action) => `< ${formatAction(action)}`));
    } else if (line.startsWith('!')) {
      expected.push(line);
      actual.push(`! ${election.nextDeadline()?.at ?? 'never'}`);
    } else if (line.startsWith('=')) {
      expected.push(line);
      actual.push(`= ${election.state()}`);
    } else expected.push(line);
  }
  return { expected, actual };
}

const rows = readFileSync(new URL('./election.rows.txt', import.meta.url), 'utf8')
  .split(/\n\n+/)
  .map((block) => block.split('\n').filter((line) => line !== '' && !line.startsWith('#')))
  .filter((lines) => lines.length > 0)
  .map(([title = '', ...lines]) => ({ title, lines }));

describe('election', () => {
  it('has every row of the conformance cases', () => {
    const ids = [
      ...Array.from({ length: 7 }, (_, index) => `INI-0${index + 1}`),
      ...Array.from({ length: 18 }, (_, index) => `BAK-${String(index + 1).padStart(2, '0')}`),
      ...Array.from({ length: 14 }, (_, index) => `ACT-${String(index + 1).padStart(2, '0')}`),
      ...Array.from({ length: 4 }, (_, index) => `FLT-0${index + 1}`),
    ];
    for (const id of ids) expect(rows.some(({ title }) => title.startsWith(id))).toBe(true);
  });

  for (const { title, lines } of rows) {
    it(title, () => {
      const { expected, actual } = runRow(lines);
      expect(actual).toEqual(expected);
    });
  }
});
