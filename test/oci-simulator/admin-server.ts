/** The admin interface as HTTP with JSON on a unix socket. */
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { Admin, AssignRequest, ExtendRequest, ParametersPatch } from './types.ts';

export interface AdminServer {
  close(): Promise<void>;
}

export async function serveAdmin(admin: Admin, socketPath: string): Promise<AdminServer> {
  // Left over from a simulator that was killed.
  rmSync(socketPath, { force: true });
  const server = createServer((request, response) => {
    answer(admin, request).then(
      (body) => respond(200, body ?? {}),
      (cause: unknown) => respond(400, { error: cause instanceof Error ? cause.message : String(cause) }),
    );
    function respond(status: number, body: unknown): void {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  return {
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(admin: Admin, request: IncomingMessage): Promise<unknown> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://admin');
  const since = Number(searchParams.get('since') ?? 0);
  const route = `${request.method} ${pathname}`;
  switch (route) {
    case 'GET /state':
      return admin.state();
    case 'GET /requests':
      return admin.requests(since);
    case 'GET /journal':
      return admin.journal(since);
    case 'GET /handshakes':
      return admin.handshakes();
    case 'POST /faults':
      return admin.faults(await body<ParametersPatch>(request));
    case 'POST /reset-parameters':
      return admin.resetParameters();
    case 'POST /reset-records':
      return admin.resetRecords();
    case 'POST /release':
      return admin.release((await body<{ id?: number }>(request)).id);
    case 'POST /rotate-certificates':
      return admin.rotateCertificates(await body<{ instance?: string; retireOld?: boolean }>(request));
    case 'POST /assign':
      return admin.assign(await body<AssignRequest>(request));
    case 'POST /extend':
      return admin.extend(await body<ExtendRequest>(request));
    case 'POST /delete':
      return admin.delete((await body<{ vip: string }>(request)).vip);
    default:
      throw new Error(`there is no ${route}`);
  }
}

/** The admin interface is for tests of this project: its bodies are believed. */
async function body<T>(request: IncomingMessage): Promise<T> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return JSON.parse(Buffer.concat(chunks).toString() || '{}') as T;
}
