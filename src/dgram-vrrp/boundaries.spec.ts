import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folder = new URL('.', import.meta.url);
const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));

/** What a file may import besides its neighbours. All others are pure: no socket, timer, clock, logger or package. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'address.ts': ['ipaddr.js'],
  'auth-hmac.ts': ['node:crypto'],
  'udp-socket.ts': ['node:dgram'],
  'udp.ts': ['node:dgram'],
};

it.each(sources)('%s imports nothing but its neighbours and what it is allowed', (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  const imported = [...text.matchAll(/\bfrom '([^']+)'/g)].map((match) => match[1] ?? '');
  const foreign = imported.filter((source) => !/^\.\/[^/]+\.ts$/.test(source));
  expect(foreign.filter((source) => !(allowed[name] ?? []).includes(source))).toEqual([]);
});

/** The transports' sockets live in time. */
const isTransport = (name: string) => name.startsWith('udp') || name === 'ip.ts';

it.each(sources.filter((name) => !isTransport(name)))('%s reads no clock, timer or random source', (name) => {
  const code = readFileSync(new URL(name, folder), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  expect(code).not.toMatch(/\bDate\b|\bperformance\b|\bsetTimeout\b|\bsetInterval\b|\bMath\.random\b|\bprocess\b/);
});
