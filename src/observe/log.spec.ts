import { describe, expect, it } from 'vitest';
import { createLog, type Log, type LogOptions } from './log.ts';

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const write = createLog({
    level: () => 'info',
    format: 'auto',
    isTerminal: false,
    write: (line) => lines.push(line),
    ...options,
  });
  const log: Log = (event) => write(event, Date.UTC(2026, 0, 1, 3, 0, 0, 7));
  return { log, lines };
}

describe('log', () => {
  it('writes JSON with the priority of sd-daemon where nobody looks on', () => {
    const { log, lines } = capture();
    log({ event: 'peer-heard', peer: 'vrouter2' });
    log({ event: 'peer-silent', peer: 'vrouter2', silentFor: 3500 });
    expect(lines).toEqual([
      '<6>{"level":"info","time":"2026-01-01T03:00:00.007Z","event":"peer-heard","peer":"vrouter2","msg":"vrouter2 is heard"}\n',
      '<4>{"level":"warn","time":"2026-01-01T03:00:00.007Z","event":"peer-silent","peer":"vrouter2","silentFor":3500,"msg":"vrouter2 has been silent for 3500 ms on every path"}\n',
    ]);
  });

  it('writes for people on a terminal', () => {
    const { log, lines } = capture({ isTerminal: true });
    log({ event: 'peer-heard', peer: 'vrouter2' });
    log({ event: 'peer-silent', peer: 'vrouter2', silentFor: 3500 });
    expect(lines).toEqual([
      '03:00:00.007 info  vrouter2 is heard\n',
      '\x1b[33m03:00:00.007 warn  vrouter2 has been silent for 3500 ms on every path\x1b[0m\n',
    ]);
  });

  for (const format of ['json', 'pretty'] as const) {
    it(`leaves out what is below the level (${format})`, () => {
      const { log, lines } = capture({ format, level: () => 'warn' });
      log({ event: 'peer-heard', peer: 'vrouter2' });
      expect(lines).toEqual([]);
      log({ event: 'peer-silent', peer: 'vrouter2', silentFor: 3500 });
      expect(lines).toHaveLength(1);
    });
  }
});
