import { expect, test } from 'vitest';
import { edit, lines, load, REFERENCE } from './load.test-support.ts';
import { printEffective } from './print.ts';

function effective(text: string): string {
  const result = load(text);
  if (!result.ok) throw new Error(lines(result).join('\n'));
  return printEffective(result.loaded.config);
}

test('every default, with its unit and without the key', () => {
  expect(effective(REFERENCE)).toBe(`cluster: isv-pod
routers:
  vrouter1:
    addresses:
      - 172.20.136.130
      - 10.0.0.2
  vrouter2:
    addresses:
      - 172.20.136.131
      - 10.0.0.3
heartbeat:
  transport: udp
  port: 8112
  version: 3
  interval: 200ms
  advertise: vips
  auth:
    keys:
      "1": file:/key
    active_key: 1
    mode: enforce
    time_window: 5s
groups:
  isv:
    virtual_router_id: 51
    priority:
      vrouter1: 200
      vrouter2: 100
    preempt: true
    preempt_delay: 0s
    interfaces:
      ens3:
        vips:
          - 172.20.136.132
      ens5:
        vips:
          - 10.0.0.4/28
      ens6:
        vips:
          - 10.0.0.36
mode: active
oci:
  region: auto
  request_timeout: 2s
  connections: 24
  verify_interval: 10s
  lease_interval: 3s
addresses: static
kernel: report
startup_delay: 2s
drain_timeout: 10s
metrics:
  listen: 127.0.0.1:9112
control:
  socket: /run/failoverd/control.sock
log:
  level: info
  format: auto
`);
});

test('what is printed loads again and means the same', () => {
  const text = edit(
    REFERENCE,
    [
      'heartbeat:',
      'oci: { endpoints: { network: "http://127.0.0.1:1" } }\nmetrics: { listen: "[::1]:9112" }\nheartbeat:',
    ],
    ['10.0.0.2] }', '10.0.0.2], interfaces: { ens3: enp0s6 } }'],
    ['28] }', '28], routes: [{ to: 10.1.0.0/20, via: 10.0.0.1 }, { to: "fd00:0::/64", via: "fd01::1" }] }'],
    [
      'priority:',
      'trackers: [{ name: a, command: [/bin/a, ""], interval: 500ms, weight: -20 }]\n    hooks: { master: [[/bin/a, b]], fault: [[/bin/c]] }\n    priority:',
    ],
    ['priority:', 'heartbeat: { interval: 40.95s, auth: { mode: none } }\n    preempt: false\n    priority:'],
  );
  const [before, after] = [load(text), load(effective(text))];
  expect(before.ok && after.ok && after.loaded.config).toEqual(before.ok && before.loaded.config);
});
