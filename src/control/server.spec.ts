import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fixture, makeFixture, STATUS } from './control.test-support.ts';
import { ControlError } from './errors.ts';
import type { ControlHandlers } from './handlers.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeFixture();
});
afterEach(() => fixture.close());

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: unknown;
}

function ask(method: string, path: string, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: fixture.socketPath, method, path, agent: false }, async (response) => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      resolve({ status: response.statusCode, headers: response.headers, body: JSON.parse(text) });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

const error = (code: string, message: string) => ({ error: { code, message } });

test('GET /v1/status', async () => {
  await fixture.serve();
  const answer = await ask('GET', '/v1/status');
  expect(answer).toMatchObject({ status: 200, body: STATUS });
  expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
});

test('every request reaches its handler with what was sent', async () => {
  const calls: unknown[] = [];
  const note =
    <Answer>(name: string, answer: Answer) =>
    async (request: unknown): Promise<Answer> => {
      calls.push([name, request instanceof AbortSignal ? 'signal' : request]);
      return answer;
    };
  await fixture.serve({
    history: note('history', { entries: [] }),
    failover: note('failover', { groups: [] }),
    failback: note('failback', { groups: [] }),
    standby: note('standby', { router: 'vrouter2', on: ['isv'], off: [] }),
    verify: note('verify', { vips: [] }),
    reload: note('reload', { changes: [], warnings: [] }),
  });
  await ask('GET', '/v1/history');
  await ask('GET', '/v1/history?limit=5');
  await ask('POST', '/v1/failover');
  await ask('POST', '/v1/failover', '{"group":"isv","to":"vrouter2"}');
  await ask('POST', '/v1/failback', '{"group":"isv"}');
  const standby = await ask('POST', '/v1/standby', '{"on":true,"router":"vrouter2"}');
  await ask('POST', '/v1/verify', '{}');
  await ask('POST', '/v1/reload');
  expect(standby).toMatchObject({ status: 200, body: { router: 'vrouter2', on: ['isv'], off: [] } });
  expect(calls).toEqual([
    ['history', {}],
    ['history', { limit: 5 }],
    ['failover', {}],
    ['failover', { group: 'isv', to: 'vrouter2' }],
    ['failback', { group: 'isv' }],
    ['standby', { on: true, router: 'vrouter2' }],
    ['verify', 'signal'],
    ['reload', 'signal'],
  ]);
});

const ENDPOINTS =
  'GET /v1/status, GET /v1/history, POST /v1/failover, POST /v1/failback, POST /v1/standby, POST /v1/verify, POST /v1/reload, POST /v1/doctor, POST /v1/freeze, GET /v1/events';

test.each([
  ['GET', '/', '', 404, error('not-found', `there is nothing at "/", allowed: ${ENDPOINTS}`)],
  ['GET', '//', '', 404, error('not-found', `there is nothing at "//", allowed: ${ENDPOINTS}`)],
  ['POST', '/v1/status', '', 405, error('bad-request', 'POST is not allowed here, allowed: GET')],
  ['GET', '/v1/failover', '', 405, error('bad-request', 'GET is not allowed here, allowed: POST')],
  [
    'POST',
    '/v1/failover',
    'group=isv',
    400,
    error('bad-request', 'the body is not JSON; expected an object, as in {"group": "isv"}'),
  ],
  [
    'POST',
    '/v1/failover',
    '{"group":5}',
    400,
    error(
      'bad-request',
      'group: Invalid input: expected string, received number; expected {"group"?: "NAME", "to"?: "ROUTER"}',
    ),
  ],
  [
    'POST',
    '/v1/failover',
    '{"too":"a"}',
    400,
    error('bad-request', 'Unrecognized key: "too"; expected {"group"?: "NAME", "to"?: "ROUTER"}'),
  ],
  [
    'POST',
    '/v1/standby',
    '{}',
    400,
    error(
      'bad-request',
      'on: Invalid input: expected boolean, received undefined; expected {"on": true or false, "router"?: "NAME", "group"?: "NAME"}',
    ),
  ],
  [
    'GET',
    '/v1/history?limit=x',
    '',
    400,
    error('bad-request', 'Invalid input: expected number, received NaN; expected limit: a whole number from 1'),
  ],
  [
    'POST',
    '/v1/freeze',
    '{"on":1}',
    400,
    error('bad-request', 'on: Invalid input: expected boolean, received number; expected {"on": true or false}'),
  ],
  ['POST', '/v1/events', '', 405, error('bad-request', 'POST is not allowed here, allowed: GET')],
  [
    'POST',
    '/v1/failback',
    '[]',
    400,
    error('bad-request', 'Invalid input: expected object, received array; expected {"group"?: "NAME"}'),
  ],
  [
    'POST',
    '/v1/failback',
    'null',
    400,
    error('bad-request', 'Invalid input: expected object, received null; expected {"group"?: "NAME"}'),
  ],
  [
    'POST',
    '/v1/failback',
    '{"group":""}',
    400,
    error('bad-request', 'group: Too small: expected string to have >=1 characters; expected {"group"?: "NAME"}'),
  ],
  ['POST', '/v1/verify', '{"now":true}', 400, error('bad-request', 'Unrecognized key: "now"; expected no body')],
  [
    'POST',
    '/v1/reload',
    '5',
    400,
    error('bad-request', 'Invalid input: expected object, received number; expected no body'),
  ],
  ['POST', '/v1/verify', ' '.repeat(65_537), 413, error('bad-request', 'the body is larger than 65536 bytes')],
])('%s %s %s', async (method, path, body, status, report) => {
  await fixture.serve();
  expect(await ask(method, path, body)).toMatchObject({ status, body: report });
});

describe('what is no request', () => {
  /** Everything that comes back for these bytes. */
  async function answerTo(bytes: string): Promise<string> {
    const socket = connect({ path: fixture.socketPath });
    socket.write(bytes);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return text;
  }

  test.each([
    ['hello\r\n\r\n', 400, 'this is not HTTP/1.1; see curl --unix-socket'],
    [`GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'the headers are too large'],
    ['GET /v1/status HTTP/1.1\r\n', 408, 'the request did not come to its end in time'],
    ['', 408, 'the request did not come to its end in time'],
    [
      'POST /v1/failover HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{',
      408,
      'the request did not come to its end in time',
    ],
  ])('%j', async (bytes, status, message) => {
    await fixture.serve({}, { deadline: 200 });
    const [head = '', body = ''] = (await answerTo(bytes)).split('\r\n\r\n');
    expect(head.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    expect(JSON.parse(body)).toMatchObject({ error: { message } });
  });

  test('more than four requests at a time on one connection are refused, and nobody else notices', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let calls = 0;
    await fixture.serve({
      verify: async () => {
        calls += 1;
        await held;
        return { vips: [] };
      },
    });
    const answers = answerTo('POST /v1/verify HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n'.repeat(1000));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(calls).toBe(4);
    expect(await ask('GET', '/v1/status')).toMatchObject({ status: 200 });
    release();
    const text = await answers;
    expect(text.split('HTTP/1.1 200').length - 1).toBe(4);
    expect(text).toContain('more than 4 requests at a time on one connection');
  });
});

describe('what a handler throws', () => {
  test.each([
    ['refused', 409],
    ['not-found', 404],
    ['bad-config', 422],
    ['not-served', 501],
    ['bad-request', 400],
    ['internal', 500],
  ] as const)('%s', async (code, status) => {
    await fixture.serve({
      failover: async () => {
        throw new ControlError(code, 'vrouter2 is not ready');
      },
    });
    expect(await ask('POST', '/v1/failover')).toMatchObject({ status, body: error(code, 'vrouter2 is not ready') });
    expect(fixture.errors).toEqual([]);
  });

  test('anything else is told to the daemon, not to the client', async () => {
    const mistake = new Error('a key is in here');
    await fixture.serve({ status: () => Promise.reject(mistake) });
    const report = error('internal', 'failoverd made a mistake; its log says which');
    expect(await ask('GET', '/v1/status')).toMatchObject({ status: 500, body: report });
    expect(fixture.errors).toEqual([mistake]);
  });
});

test('a handler that takes too long is given up', async () => {
  const aborted: boolean[] = [];
  const status: ControlHandlers['status'] = (signal) =>
    new Promise(() => signal.addEventListener('abort', () => aborted.push(true)));
  await fixture.serve({ status }, { deadline: 50 });
  expect(await ask('GET', '/v1/status')).toMatchObject({
    status: 504,
    body: error('internal', 'this took too long and was given up; failoverctl status shows what became of it'),
  });
  expect(aborted).toEqual([true]);
});

test('a handler learns that its client has left', async () => {
  let note: () => void = () => {};
  const left = new Promise<void>((resolve) => {
    note = resolve;
  });
  let started: () => void = () => {};
  const running = new Promise<void>((resolve) => {
    started = resolve;
  });
  const status: ControlHandlers['status'] = (signal) => {
    signal.addEventListener('abort', note);
    started();
    return new Promise(() => {});
  };
  await fixture.serve({ status });
  const socket = connect({ path: fixture.socketPath });
  socket.write('GET /v1/status HTTP/1.1\r\nhost: a\r\n\r\n');
  await running;
  socket.destroy();
  await left;
});

test('close does not wait for a client that says nothing', async () => {
  const server = await fixture.serve();
  const socket = connect({ path: fixture.socketPath });
  await new Promise((resolve) => socket.once('connect', resolve));
  const start = performance.now();
  await server.close();
  expect(performance.now() - start).toBeLessThan(2000);
  socket.destroy();
});
