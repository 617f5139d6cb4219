import { pino } from 'pino';
import { describeEvent, type Level, type LogEvent } from './log-events.ts';

/** Writes one event. */
export type Log = (event: LogEvent) => void;

export interface LogOptions {
  /** Asked for each event: a reload may change it. */
  readonly level: () => Level;
  /** `auto`: pretty on a terminal, JSON with sd-daemon priorities otherwise. */
  readonly format: 'auto' | 'pretty' | 'json';
  readonly isTerminal: boolean;
  /** Takes one whole line with its newline; must not block. */
  readonly write: (line: string) => void;
  /** Wall clock, Unix time in milliseconds. */
  readonly wallClock?: () => number;
}

/** Priority prefixes of sd-daemon(3), by pino's level number. */
const SD_PRIORITY: Readonly<Record<number, string>> = { 50: '<3>', 40: '<4>', 30: '<6>', 20: '<7>' };

/** The most urgent first. */
const LEVELS: readonly Level[] = ['error', 'warn', 'info', 'debug'];

const COLOURS: Readonly<Record<Level, string>> = { error: '\x1b[31m', warn: '\x1b[33m', info: '', debug: '\x1b[2m' };

/** Creates the log. Lines are complete when written, one event each. */
export function createLog(options: LogOptions): Log {
  const pretty = options.format === 'pretty' || (options.format === 'auto' && options.isTerminal);
  const write = pretty ? prettyLog(options) : jsonLog(options);
  return (event) => {
    const { level, message } = describeEvent(event);
    if (LEVELS.indexOf(level) <= LEVELS.indexOf(options.level())) write(event, level, message);
  };
}

type Writer = (event: LogEvent, level: Level, message: string) => void;

function jsonLog({ write, wallClock = Date.now }: LogOptions): Writer {
  const destination = {
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 30,
    write(line: string) {
      write(`${SD_PRIORITY[this.lastLevel] ?? '<6>'}${line}`);
    },
  };
  const logger = pino(
    {
      level: 'debug',
      base: null,
      timestamp: () => `,"time":"${new Date(wallClock()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return (event, level, message) => logger[level](event, message);
}

function prettyLog({ write, isTerminal, wallClock = Date.now }: LogOptions): Writer {
  return (_event, level, message) => {
    const time = new Date(wallClock()).toISOString().slice(11, 23);
    const line = `${time} ${level.padEnd(5)} ${message}`;
    const colour = isTerminal ? COLOURS[level] : '';
    write(colour === '' ? `${line}\n` : `${colour}${line}\x1b[0m\n`);
  };
}
