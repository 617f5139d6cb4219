import { pino } from 'pino';
import { describeEvent, type Level, type LogEvent } from './log-events.ts';

/** Tells of one event. */
export type Log = (event: LogEvent) => void;

/** Writes one event that happened at this time, Unix time in milliseconds. */
export type WriteEvent = (event: LogEvent, time: number) => void;

export interface LogOptions {
  /** Asked for each event: a reload may change it. */
  readonly level: () => Level;
  /** `auto`: pretty on a terminal, JSON with sd-daemon priorities otherwise. */
  readonly format: 'auto' | 'pretty' | 'json';
  readonly isTerminal: boolean;
  /** Takes one whole line with its newline; must not block. */
  readonly write: (line: string) => void;
}

/** Priority prefixes of sd-daemon(3), by pino's level number. */
const SD_PRIORITY: Readonly<Record<number, string>> = { 50: '<3>', 40: '<4>', 30: '<6>', 20: '<7>' };

/** The most urgent first. */
const LEVELS: readonly Level[] = ['error', 'warn', 'info', 'debug'];

const COLOURS: Readonly<Record<Level, string>> = { error: '\x1b[31m', warn: '\x1b[33m', info: '', debug: '\x1b[2m' };

/** Creates the log. Lines are complete when written, one event each. */
export function createLog(options: LogOptions): WriteEvent {
  const pretty = options.format === 'pretty' || (options.format === 'auto' && options.isTerminal);
  const write = pretty ? prettyLog(options) : jsonLog(options);
  return (event, time) => {
    const { level, message } = describeEvent(event);
    if (LEVELS.indexOf(level) <= LEVELS.indexOf(options.level())) write(event, level, message, new Date(time));
  };
}

type Writer = (event: LogEvent, level: Level, message: string, time: Date) => void;

function jsonLog({ write }: LogOptions): Writer {
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
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return (event, level, message, time) => logger[level]({ time: time.toISOString(), ...event }, message);
}

function prettyLog({ write, isTerminal }: LogOptions): Writer {
  return (_event, level, message, time) => {
    const line = `${time.toISOString().slice(11, 23)} ${level.padEnd(5)} ${message}`;
    const colour = isTerminal ? COLOURS[level] : '';
    write(colour === '' ? `${line}\n` : `${colour}${line}\x1b[0m\n`);
  };
}
