import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diskOf, edit, KEY, lines, load, REFERENCE } from './load.test-support.ts';
import { loadConfig } from './load.ts';
import { deviceOf, type LoadedConfig } from './model.ts';

function loaded(text: string, options?: Parameters<typeof load>[1]): LoadedConfig {
  const result = load(text, options);
  if (!result.ok) throw new Error(lines(result).join('\n'));
  return result.loaded;
}

const secret = new Uint8Array(Buffer.from(KEY, 'hex'));
const auth = {
  mode: 'enforce',
  keys: [{ id: 1, secret, source: 'file:/key' }],
  activeKey: 1,
  timeWindow: 5000,
};

describe('a file without mistakes', () => {
  test('is completed with the defaults', () => {
    expect(loaded(REFERENCE)).toEqual({
      file: 'f.yaml',
      digest: createHash('sha256').update(REFERENCE).digest('hex').slice(0, 16),
      self: { name: 'vrouter1', addresses: ['172.20.136.130', '10.0.0.2'], interfaces: {} },
      config: {
        cluster: 'isv-pod',
        routers: [
          { name: 'vrouter1', addresses: ['172.20.136.130', '10.0.0.2'], interfaces: {} },
          { name: 'vrouter2', addresses: ['172.20.136.131', '10.0.0.3'], interfaces: {} },
        ],
        heartbeat: { transport: 'udp', port: 8112, minTtl: 255, version: 3, interval: 200, advertise: 'vips', auth },
        groups: [
          {
            name: 'isv',
            virtualRouterId: 51,
            priority: { vrouter1: 200, vrouter2: 100 },
            preempt: true,
            preemptDelay: 0,
            trackers: [],
            hooks: { master: [], backup: [], fault: [] },
            sync: [],
            interfaces: [
              { name: 'ens3', vips: [{ address: '172.20.136.132' }] },
              { name: 'ens5', vips: [{ address: '10.0.0.4', prefixLength: 28 }] },
              { name: 'ens6', vips: [{ address: '10.0.0.36' }] },
            ],
            heartbeat: { version: 3, interval: 200, advertise: 'vips', auth },
          },
        ],
        mode: 'active',
        oci: { region: 'auto', requestTimeout: 2000, connections: 24, verifyInterval: 10_000, leaseInterval: 3000 },
        addresses: 'static',
        kernel: 'report',
        startupDelay: 2000,
        drainTimeout: 10_000,
        metrics: { host: '127.0.0.1', port: 9112 },
        control: { socket: '/run/failoverd/control.sock' },
        log: { level: 'info', format: 'auto' },
      },
    });
  });

  test("a group's heartbeat lies over the common one, field by field", () => {
    const text = edit(
      REFERENCE,
      ['heartbeat:', 'heartbeat:\n  interval: 100ms\n  advertise: none'],
      [
        'priority:',
        'heartbeat: { interval: 50ms, advertise: ["FD00:0::1"], auth: { time_window: 1s, keys: { 9: "file:/key" } } }\n    priority:',
      ],
    );
    const { heartbeat, groups } = loaded(text).config;
    expect(heartbeat).toMatchObject({ version: 3, interval: 100, advertise: 'none', auth });
    expect(groups[0]?.heartbeat).toEqual({
      version: 3,
      interval: 50,
      advertise: ['fd00::1'],
      auth: { mode: 'enforce', keys: [{ id: 9, secret, source: 'file:/key' }], activeKey: 9, timeWindow: 1000 },
    });
  });

  test('version 2 advertises each second unless told otherwise', () => {
    const text = edit(REFERENCE, ['priority:', 'heartbeat: { version: 2 }\n    priority:']);
    const { heartbeat, groups } = loaded(text).config;
    expect(heartbeat.interval).toBe(200);
    expect(groups[0]?.heartbeat).toMatchObject({ version: 2, interval: 1000 });
  });

  test('mode none neither needs nor reads keys', () => {
    const text = edit(REFERENCE, ['keys: { 1: "file:/key" }', 'keys: { 1: "file:/nokey" }\n    mode: none']);
    expect(loaded(text).config.heartbeat.auth).toEqual({ mode: 'none', keys: [], activeKey: 1, timeWindow: 5000 });
  });

  test('anchors, aliases and merge keys', () => {
    const text = edit(
      REFERENCE,
      ['priority: {', 'priority: &priority {'],
      ['  isv:', '  isv: &isv'],
      [
        'ens6: { vips: [10.0.0.36] }\n',
        'ens6: { vips: [10.0.0.36] }\n  pod:\n    <<: *isv\n    virtual_router_id: 52\n    priority: *priority\n    interfaces: { ens7: { vips: [10.0.0.68] } }\n',
      ],
    );
    expect(loaded(text).config.groups[1]).toMatchObject({
      name: 'pod',
      virtualRouterId: 52,
      priority: { vrouter1: 200, vrouter2: 100 },
      interfaces: [{ name: 'ens7', vips: [{ address: '10.0.0.68' }] }],
    });
  });

  test('an interface may be called otherwise on one router', () => {
    const text = edit(REFERENCE, ['10.0.0.2] }', '10.0.0.2], interfaces: { ens3: enp0s6 } }']);
    const { self } = loaded(text);
    expect(['ens3', 'ens5', 'constructor'].map((name) => deviceOf(self, name))).toEqual([
      'enp0s6',
      'ens5',
      'constructor',
    ]);
  });

  test('keys from the environment and from systemd', () => {
    const readFile = diskOf({
      'f.yaml': edit(REFERENCE, ['"file:/key"', 'env:KEY, 2: "credential:heartbeat"']),
      '/c/heartbeat': KEY,
    });
    const env = { KEY: ` ${'CD'.repeat(64)}\n`, CREDENTIALS_DIRECTORY: '/c' };
    const withActive: typeof readFile = (path) => {
      const file = readFile(path);
      return path === 'f.yaml'
        ? { bytes: Buffer.from(Buffer.from(file.bytes).toString().replace('auth:', 'auth:\n    active_key: 2')) }
        : file;
    };
    const result = loadConfig({ path: 'f.yaml', hostname: 'vrouter1', env, readFile: withActive });
    expect(result.ok && result.loaded.config.heartbeat.auth).toMatchObject({
      activeKey: 2,
      keys: [
        { id: 1, secret: new Uint8Array(64).fill(0xcd), source: 'env:KEY' },
        { id: 2, secret, source: 'credential:heartbeat' },
      ],
    });
  });
});

describe('whose eyes it is seen with', () => {
  test('--node wins over the host name', () => {
    expect(loaded(REFERENCE, { node: 'vrouter2' }).self.name).toBe('vrouter2');
  });

  test('a host that is not in the file', () => {
    expect(lines(load(REFERENCE, { hostname: 'vrouter3.example.com' }))).toEqual([
      'f.yaml:2:1: routers: has no entry for the host name "vrouter3", did you mean "vrouter1"? allowed: vrouter1, vrouter2 (name one with --node)',
    ]);
    expect(lines(load(REFERENCE, { node: 'elsewhere' }))).toEqual([
      'f.yaml:2:1: routers: has no entry for --node "elsewhere", allowed: vrouter1, vrouter2 (name one with --node)',
    ]);
  });
});

test('a file that cannot be read is a mistake as well', () => {
  const options = { path: '/etc/f.yaml', hostname: 'vrouter1', env: {} };
  expect(lines(loadConfig({ ...options, readFile: diskOf({}) }))).toEqual([
    '/etc/f.yaml:1:1: cannot be read: there is no such file',
  ]);
  expect(lines(loadConfig({ ...options, readFile: () => ({ bytes: new Uint8Array([0xff, 0xfe]) }) }))).toEqual([
    '/etc/f.yaml:1:1: cannot be read: it is not UTF-8 text',
  ]);
});

test('mistakes of different kinds are reported at once, in the order of the file', () => {
  const text = edit(REFERENCE, ['isv-pod', '"a b"'], ['51', '0'], ['10.0.0.36', '10.0.0.4'], ['file:/key', 'env:NONE']);
  expect(lines(load(text))).toEqual([
    'f.yaml:1:10: cluster: is "a b", allowed: a name of letters, digits, "-", "_" and ".", at most 63',
    'f.yaml:7:16: heartbeat.auth.keys.1: the environment variable NONE is not set',
    'f.yaml:10:24: groups.isv.virtual_router_id: is 0, allowed: a whole number from 1 to 255',
    'f.yaml:15:22: groups.isv.interfaces.ens6.vips[0]: 10.0.0.4 is already in groups.isv.interfaces.ens5.vips[0], allowed: an address once',
  ]);
});

test('what is allowed but hardly meant is a warning', () => {
  const text = edit(
    REFERENCE,
    ['vrouter2: 100', 'vrouter2: 200'],
    ['priority:', 'preempt: false\n    preempt_delay: 5s\n    priority:'],
    ['auth:', 'auth:\n    mode: permissive'],
  );
  expect(lines(load(text))).toEqual([
    'ok',
    'f.yaml:7:11: heartbeat.auth.mode: permissive accepts adverts that are not signed: whoever can send to this port can take part',
    'f.yaml:13:20: groups.isv.preempt_delay: has no effect while preempt is false',
    'f.yaml:14:42: groups.isv.priority.vrouter2: 200 is also the priority of vrouter1: the higher address wins, and neither is preferred',
  ]);
});

describe('no text makes it throw', () => {
  const check = (text: string): void => {
    const result = load(text);
    expect(result.ok || result.mistakes.length > 0).toBe(true);
  };

  test('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), check), { numRuns: 300 });
  });

  test('the reference deployment with a piece replaced', () => {
    const piece = fc.constantFrom(
      '',
      ' ',
      '\n',
      '\t',
      '{',
      '}',
      '[',
      ']',
      ':',
      '- ',
      '&a ',
      '*a',
      '<<: ',
      '!!map ',
      '"',
      '0',
      '~',
      '__proto__',
      'constructor: ',
      '...',
      '---\n',
      '# ',
    );
    const change = fc.record({
      at: fc.nat(REFERENCE.length),
      length: fc.nat(12),
      pieces: fc.array(piece, { maxLength: 4 }),
    });
    const property = fc.property(change, ({ at, length, pieces }) => {
      check(REFERENCE.slice(0, at) + pieces.join('') + REFERENCE.slice(at + length));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test('aliases that double at each level, and nesting without end', () => {
    const bomb = Array.from({ length: 40 }, (_, level) => `k${level + 1}: &k${level + 1} [*k${level}, *k${level}]`);
    check(`k0: &k0 x\n${bomb.join('\n')}\n`);
    check('['.repeat(20_000));
    check(`a: ${'{ b: '.repeat(100)}1${' }'.repeat(100)}`);
  });
});
