import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatusReport } from './api.ts';
import type { ControlHandlers } from './handlers.ts';
import { type ControlServer, type ControlServerOptions, startControlServer } from './server.ts';

/** A status of the reference deployment in which all is well; the specs change what they are about. */
export const STATUS: StatusReport = {
  version: '0.1.0',
  cluster: 'isv-pod',
  router: 'vrouter1',
  time: '2026-01-02T03:00:00.000Z',
  uptime: 90_061,
  mode: 'active',
  oci: { ready: true, region: 'eu-frankfurt-1', tokenExpiresAt: '2026-01-02T03:19:00.000Z' },
  alarms: [],
  routers: [
    {
      name: 'vrouter1',
      self: true,
      alive: true,
      lastSeen: 0,
      ready: true,
      clockOffset: 0,
      configMatches: true,
      paths: [],
      links: ['ens3', 'ens5', 'ens6'].map((name) => ({ interface: name, up: true })),
      groups: [{ group: 'isv', state: 'master', priority: 200, effectivePriority: 200 }],
    },
    {
      name: 'vrouter2',
      self: false,
      alive: true,
      lastSeen: 0.4,
      ready: true,
      clockOffset: 0,
      configMatches: true,
      paths: [
        { local: '172.20.136.130', peer: '172.20.136.131', lastSeen: 0.4 },
        { local: '10.0.0.2', peer: '10.0.0.3', lastSeen: 0.4 },
      ],
      links: ['ens3', 'ens5', 'ens6'].map((name) => ({ interface: name, up: true })),
      groups: [{ group: 'isv', state: 'backup', priority: 100, effectivePriority: 100 }],
    },
  ],
  groups: [
    {
      name: 'isv',
      virtualRouterId: 51,
      state: 'master',
      since: '2026-01-01T02:00:00.000Z',
      master: 'vrouter1',
      hold: null,
      vips: [
        { address: '172.20.136.132', interface: 'ens3' },
        { address: '10.0.0.4', interface: 'ens5' },
        { address: '10.0.0.36', interface: 'ens6' },
      ].map((vip) => ({
        ...vip,
        holder: 'vrouter1',
        ownership: 'known' as const,
        since: '2026-01-01T02:00:01.000Z',
        verified: '2026-01-02T02:59:56.000Z',
        claiming: false,
      })),
    },
  ],
};

/** Handlers that answer with an empty report, but for those that are given. */
export function handlersWith(own: Partial<ControlHandlers>): ControlHandlers {
  return {
    status: async () => STATUS,
    history: async () => ({ entries: [] }),
    failover: async () => ({ groups: [] }),
    failback: async () => ({ groups: [] }),
    freeze: async ({ on }) => ({ on }),
    standby: async () => ({ router: 'vrouter1', on: [], off: [] }),
    verify: async () => ({ vips: [] }),
    reload: async () => ({ changes: [], warnings: [] }),
    follow: () => {},
    doctor: async () => ({
      version: '0.1.0',
      cluster: 'isv-pod',
      router: 'vrouter1',
      time: '2026-01-02T03:00:00.000Z',
      checks: [],
    }),
    ...own,
  };
}

export interface Fixture {
  readonly directory: string;
  readonly socketPath: string;
  readonly warnings: string[];
  readonly errors: unknown[];
  /** Starts a server at the fixture's socket; it is closed with the fixture. */
  serve(own?: Partial<ControlHandlers>, options?: Partial<ControlServerOptions>): Promise<ControlServer>;
  close(): Promise<void>;
}

/** A directory of its own and the servers in it. */
export async function makeFixture(): Promise<Fixture> {
  const directory = await mkdtemp(join(tmpdir(), 'failoverd-control-'));
  const socketPath = join(directory, 'run', 'control.sock');
  const servers: ControlServer[] = [];
  const warnings: string[] = [];
  const errors: unknown[] = [];
  return {
    directory,
    socketPath,
    warnings,
    errors,
    serve: async (own = {}, options = {}) => {
      const server = await startControlServer({
        socketPath,
        handlers: handlersWith(own),
        onWarning: (message) => warnings.push(message),
        onError: (error) => errors.push(error),
        ...options,
      });
      servers.push(server);
      return server;
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
