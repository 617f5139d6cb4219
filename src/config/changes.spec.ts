import { describe, expect, it } from 'vitest';
import { configChanges } from './changes.ts';
import { edit, load, REFERENCE } from './load.test-support.ts';
import type { Config } from './model.ts';

function config(...edits: (readonly [string, string])[]): Config {
  const result = load(edit(REFERENCE, ...edits));
  if (!result.ok) throw new Error(JSON.stringify(result.mistakes));
  return result.loaded.config;
}

describe('changes of the configuration', () => {
  it('are none for the same file', () => {
    expect(configChanges(config(), config())).toEqual([]);
  });

  it('are told by the path in the file, with defaults filled in', () => {
    expect(
      configChanges(
        config(),
        config(['vrouter1: 200', 'vrouter1: 90'], ['heartbeat:', 'drain_timeout: 20s\nheartbeat:']),
      ),
    ).toEqual([
      { path: 'groups.isv.priority.vrouter1', from: '200', to: '90' },
      { path: 'drain_timeout', from: '10s', to: '20s' },
    ]);
  });

  it('tell trackers by their names', () => {
    const before = config([
      'priority:',
      'trackers: [{ name: a, command: [/bin/a] }, { name: b, command: [/bin/b, x], interval: 5s }]\n    priority:',
    ]);
    const after = config(['priority:', 'trackers: [{ name: b, command: [/bin/b, y], weight: -20 }]\n    priority:']);
    expect(configChanges(before, after).filter(({ path }) => !path.includes('.a.'))).toEqual([
      { path: 'groups.isv.trackers.b.command', from: '[/bin/b, x]', to: '[/bin/b, y]' },
      { path: 'groups.isv.trackers.b.interval', from: '5s', to: '2s' },
      { path: 'groups.isv.trackers.b.weight', from: 'fault', to: '-20' },
    ]);
    expect(configChanges(before, after)).toContainEqual({ path: 'groups.isv.trackers.a.fall', from: '3', to: 'none' });
  });

  it('tell hooks as the lists that they are', () => {
    const after = config(['priority:', 'hooks: { master: [[/bin/a, x], [/bin/b]] }\n    priority:']);
    expect(configChanges(config(), after)[0]).toEqual({
      path: 'groups.isv.hooks.master',
      from: 'none',
      to: '[[/bin/a, x], [/bin/b]]',
    });
  });

  it('tell routes as ip route does', () => {
    const after = config(['28] }', '28], routes: [{ to: 10.1.0.0/20, via: 10.0.0.1 }] }']);
    expect(configChanges(config(), after)).toEqual([
      { path: 'groups.isv.interfaces.ens5.routes', from: 'none', to: '[10.1.0.0/20 via 10.0.0.1]' },
    ]);
  });

  it('tell what needs a restart, and why', () => {
    const [change] = configChanges(config(), config(['heartbeat:', 'heartbeat:\n  port: 9000']));
    expect(change).toEqual({
      path: 'heartbeat.port',
      from: '8112',
      to: '9000',
      needsRestart: 'the heartbeat sockets are bound at start',
    });
  });

  it('tell a new group, and that one cannot go', () => {
    const more = config([
      'groups:',
      'groups:\n  pod:\n    virtual_router_id: 52\n    priority: { vrouter1: 1, vrouter2: 2 }\n    interfaces: { ens7: { vips: [10.9.0.4] } }',
    ]);
    expect(configChanges(config(), more)).toContainEqual({
      path: 'groups.pod.virtual_router_id',
      from: 'none',
      to: '52',
    });
    expect(configChanges(config(), more).filter(({ needsRestart }) => needsRestart)).toEqual([]);
    expect(configChanges(more, config())).toContainEqual({
      path: 'groups.pod.virtual_router_id',
      from: '52',
      to: 'none',
      needsRestart: 'a group that is gone has to be handed over first',
    });
  });

  it('hold a group whose name has a dot to the same', () => {
    const named = (name: string, id = 51) => config(['  isv:', `  ${name}:`], ['router_id: 51', `router_id: ${id}`]);
    expect(configChanges(named('isv.a'), named('isv.a', 52))).toEqual([
      {
        path: 'groups["isv.a"].virtual_router_id',
        from: '51',
        to: '52',
        needsRestart: 'peers know the group by it',
      },
    ]);
    const gone = configChanges(named('isv.a'), named('isv.b')).filter(({ to }) => to === 'none');
    expect(gone.length).toBeGreaterThan(0);
    for (const { needsRestart } of gone) expect(needsRestart).toBe('a group that is gone has to be handed over first');
  });

  it('tell a key that changed, and never show it', () => {
    const before = config();
    const keys = before.heartbeat.auth.keys.map((key) => ({ ...key, secret: new Uint8Array(32).fill(1) }));
    const after = { ...before, heartbeat: { ...before.heartbeat, auth: { ...before.heartbeat.auth, keys } } };
    expect(configChanges(before, after)).toEqual([
      { path: 'heartbeat.auth.keys.1', from: 'the old key', to: 'a new key' },
    ]);
  });
});
