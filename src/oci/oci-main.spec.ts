import { afterEach, describe, expect, it } from 'vitest';
import { createOci } from './oci.ts';
import type { Oci, OciStatus, OciVnics, PrivateIpId, SubnetId } from './types.ts';

const id = 'ocid1.privateip.oc1.iad.a' as PrivateIpId;
let oci: Oci & OciVnics;
afterEach(() => oci.close());

/** The main thread's half with a stand-in for the worker. */
function start(program: string, requestTimeout = 100): OciStatus[] {
  const statuses: OciStatus[] = [];
  oci = createOci(
    { region: 'auto', requestTimeout, connections: 2 },
    { onStatus: (status) => statuses.push(status), onExchange: () => undefined },
    { worker: new URL(`data:text/javascript,${encodeURIComponent(program)}`) },
  );
  return statuses;
}

const until = async (fits: () => boolean) => {
  while (!fits()) await new Promise((resolve) => setTimeout(resolve, 10));
};

const PORT = `import { parentPort as port } from 'node:worker_threads';
port.postMessage({ kind: 'status', status: { ready: true } });`;

describe('createOci', () => {
  it('gives each call its own answer, in whatever order they come', async () => {
    start(`${PORT} const seen = [];
      port.on('message', (call) => {
        seen.push(call);
        if (seen.length < 2) return;
        for (const { number, ask } of seen.reverse())
          port.postMessage({ kind: 'answer', number, answer: { ok: false, code: 'rejected', message: ask } });
      });`);
    const answers = await Promise.all([oci.getPrivateIp(id), oci.getPrivateIp('ocid1.b' as PrivateIpId)]);
    expect(answers.map((answer) => !answer.ok && answer.message)).toEqual([id, 'ocid1.b']);
  });

  it('answers for a worker that crashes, tells it, and starts another', async () => {
    const statuses = start(`${PORT} port.on('message', () => { throw new Error('out of luck'); });`);
    await until(() => statuses.length === 1);
    const [read, found, subnet] = await Promise.all([
      oci.getPrivateIp(id),
      oci.discover([{ interface: 'ens3', vips: [] }]),
      oci.readSubnet('ocid1.subnet' as SubnetId, [id]),
    ]);
    const failure = { ok: false, code: 'network', message: 'the OCI worker stopped (out of luck)' };
    expect(read).toEqual(failure);
    expect(found).toEqual([{ ...failure, interface: 'ens3' }]);
    expect(subnet.get(id)).toEqual(failure);
    await until(() => statuses.length === 3);
    expect(statuses).toEqual([
      { ready: true },
      { ready: false, reason: 'the OCI worker stopped (out of luck) and is started again' },
      { ready: true },
    ]);
  });

  it('answers for a worker that hangs, and replaces it', async () => {
    const statuses = start(`${PORT} port.on('message', () => { for (;;); });`);
    await until(() => statuses.length === 1);
    expect(await oci.getPrivateIp(id)).toMatchObject({ ok: false, code: 'timeout' });
    await until(() => statuses.length === 3);
    expect(statuses[2]).toEqual({ ready: true });
  });

  it('says so when the worker cannot be loaded', async () => {
    const statuses = start('import "no-such-module";');
    await until(() => statuses.length > 0);
    expect(statuses[0]).toMatchObject({ ready: false, reason: expect.stringContaining('no-such-module') });
    expect(await oci.refreshToken()).toMatchObject({ ok: false, code: 'network' });
  });

  it('answers pending calls when it is closed', async () => {
    start(PORT);
    const pending = oci.getPrivateIp(id);
    await oci.close();
    expect(await pending).toEqual({ ok: false, code: 'network', message: 'the OCI side was closed' });
  });
});
