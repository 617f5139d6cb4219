import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { failureOf } from './errors.ts';
import type { Session } from './instance-principal.ts';
import { createNetworkClient, type NetworkClient } from './network-client.ts';
import { getPrivateIp, listPrivateIps } from './private-ip.ts';
import type { OciExchange, PrivateIpId, SubnetId } from './types.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const session: Session = { keyId: 'ST$t', privateKey, expiresAt: Date.now() + 600_000, receivedAt: 0 };
const id = 'ocid1.privateip.oc1.iad.a' as PrivateIpId;
const object = { id, ipAddress: '10.0.0.4', subnetId: 'ocid1.subnet.s', vnicId: 'ocid1.vnic.v' };

let server: Server;
let client: NetworkClient;
let exchanges: OciExchange[];
let rejected: Session[];
afterEach(async () => {
  client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function serve(answer: RequestListener, current: () => Session | undefined = () => session): Promise<void> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  exchanges = [];
  rejected = [];
  client = createNetworkClient({
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requestTimeout: 500,
    connections: 4,
    session: current,
    reason: () => 'waiting for a token',
    onRejected: (of) => rejected.push(of),
    onExchange: (exchange) => exchanges.push(exchange),
  });
}

const failure = () => getPrivateIp(client, id).then(() => undefined, failureOf);

describe('createNetworkClient', () => {
  it('blames the clock for a 401 when it is wrong', async () => {
    await serve((_request, response) => {
      response.statusCode = 401;
      response.setHeader('date', new Date(Date.now() + 600_000).toUTCString());
      response.end('{"code":"NotAuthenticated","message":"The required information was not provided"}');
    });
    const answer = await failure();
    expect(answer?.code).toBe('unauthenticated');
    expect(answer?.message).toMatch(/not provided; the clock of this router is (599|600) s behind the service's/);
    expect(rejected).toEqual([session]);
  });

  it('sends nothing without a session, and counts no exchange', async () => {
    let requests = 0;
    await serve(
      () => {
        requests += 1;
      },
      () => undefined,
    );
    expect(await failure()).toEqual({ ok: false, code: 'no-token', message: 'waiting for a token' });
    expect([requests, exchanges]).toEqual([0, []]);
  });

  it('takes a page that is not JSON, or lacks the etag, for an error of the service', async () => {
    const bodies = ['<html>', JSON.stringify(object)];
    await serve((_request, response) => void response.end(bodies.shift()));
    expect(await failure()).toMatchObject({ code: 'server-error', message: expect.stringContaining('not JSON') });
    expect(await failure()).toMatchObject({ code: 'server-error', message: expect.stringContaining('etag') });
    expect(exchanges.map((exchange) => exchange.failure)).toEqual(['server-error', 'server-error']);
  });

  it('gives up at the deadline', async () => {
    await serve(() => undefined);
    expect(await failure()).toEqual({
      ok: false,
      code: 'timeout',
      message: 'GetPrivateIp did not answer within 500 ms',
    });
  });

  it('follows the pages of a list, whatever characters their tokens have', async () => {
    const pages: (string | null)[] = [];
    await serve((request, response) => {
      const page = new URL(request.url ?? '', 'http://x').searchParams.get('page');
      pages.push(page);
      if (page === null) response.setHeader('opc-next-page', 'a+b/c=&d');
      response.end(JSON.stringify([{ ...object, id: `${id}${pages.length}` }]));
    });
    const found = await listPrivateIps(client, 'ocid1.subnet.s' as SubnetId, 'ipv4');
    expect(found.map((entry) => entry.id)).toEqual([`${id}1`, `${id}2`]);
    expect(pages).toEqual([null, 'a+b/c=&d']);
  });
});
