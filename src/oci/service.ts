/**
 * Everything behind the thread boundary put together: metadata → region → session → calls. Starts by itself and reaches
 * readiness whenever metadata and federation can be reached.
 */
import { failureOf, OciFault } from './errors.ts';
import { inspect } from './inspect.ts';
import { failedInspection } from './inspection.ts';
import { createKeyPair, type KeyPair, requestSession, type Session } from './instance-principal.ts';
import { discover } from './inventory.ts';
import { createMetadata, METADATA_ORIGIN } from './metadata.ts';
import { createNetworkClient, type NetworkClient } from './network-client.ts';
import { getPrivateIp, updatePrivateIp } from './private-ip.ts';
import { type CallMessage, type CallName, type Calls, WRITE_LIFETIME } from './protocol.ts';
import { type Location, locate, originOf } from './region.ts';
import { keepSession } from './session.ts';
import { createSubnetReader, type SubnetReader } from './subnet-reader.ts';
import type { Milliseconds, OciListener, OciOptions, OciStatus, PrivateIpRecord } from './types.ts';
import { getVnic, tagVnic } from './vnic.ts';

export interface Service {
  /** Answers one call. Never rejects. */
  answer(message: CallMessage): Promise<Calls[CallName]['answer']>;
  close(): void;
}

/** What exists once the region is known. */
interface Network {
  readonly location: Location;
  readonly client: NetworkClient;
  readonly subnets: SubnetReader;
}

/** A connection idle for longer gets a cheap read: the API is taken to close idle ones after a minute. */
const WARM_AFTER: Milliseconds = 20_000;
/** One connection at a time is warmed, so that warming never stands in the way of a claim of all VIPs. */
const WARM_EVERY: Milliseconds = 1_000;

/** Starts at once. */
export function createService(options: OciOptions, listener: OciListener): Service {
  const { requestTimeout } = options;
  const { onExchange } = listener;
  const origin = originOf(options.endpoints?.metadata ?? METADATA_ORIGIN);
  const metadata = createMetadata({ origin, requestTimeout, onExchange });
  let network: Network | undefined;
  let nextKeys: Promise<KeyPair> | undefined;
  let told = '';

  /** The next session's key is made ahead, so that a refresh after a 401 does not wait for it. */
  function keys(): Promise<KeyPair> {
    nextKeys ??= createKeyPair().catch((error: unknown) => {
      nextKeys = undefined;
      throw error;
    });
    return nextKeys;
  }

  async function request(): Promise<Session> {
    const prepared = keys();
    // Awaited below; a failure before that must not count as unhandled.
    prepared.catch(() => undefined);
    network ??= connect(locate(await metadata.readJson('instance/'), options));
    const { federation } = network.location;
    const session = await requestSession({ metadata, federation, requestTimeout, onExchange }, await prepared);
    nextKeys = undefined;
    keys().catch(() => undefined);
    return session;
  }

  function connect(location: Location): Network {
    const client = createNetworkClient({
      origin: location.network,
      requestTimeout,
      connections: options.connections,
      session: sessions.current,
      reason: () => statusNow().reason ?? 'there is no token',
      onRejected: sessions.rejected,
      onExchange,
    });
    return { location, client, subnets: createSubnetReader(client) };
  }

  function statusNow(): OciStatus {
    const session = sessions.current();
    const region = network ? { region: network.location.region } : {};
    if (session && network && !sessions.refused()) return { ready: true, tokenExpiresAt: session.expiresAt, ...region };
    const why = sessions.failure()?.message;
    const reason = why === undefined ? 'waiting for instance metadata and a token' : `there is no valid token: ${why}`;
    return { ready: false, reason, ...region };
  }

  function tell(): void {
    const status = statusNow();
    const text = JSON.stringify(status);
    if (text === told) return;
    told = text;
    listener.onStatus(status);
  }

  function connected(): Network {
    if (!network) throw new OciFault('no-token', statusNow().reason ?? 'waiting for instance metadata');
    return network;
  }

  async function learning({ subnets }: Network, read: Promise<PrivateIpRecord>) {
    const record = await read;
    subnets.learn(record);
    return { ok: true, record } as const;
  }

  async function run(message: CallMessage): Promise<Calls[CallName]['answer']> {
    const sendBy = message.issuedAt + WRITE_LIFETIME;
    switch (message.call) {
      case 'refreshToken':
        return sessions.refresh();
      case 'discover': {
        const { client, subnets } = connected();
        client.expectVips(message.ask.reduce((sum, asked) => sum + asked.vips.length, 0));
        const found = await discover({ metadata, client, onRecord: subnets.learn }, message.ask);
        // Several discoveries, one per group, add up.
        client.expectVips(subnets.known().length);
        return found;
      }
      case 'updatePrivateIp':
        return learning(connected(), updatePrivateIp(connected().client, message.ask, sendBy));
      case 'getPrivateIp':
        return learning(connected(), getPrivateIp(connected().client, message.ask));
      case 'readSubnet':
        return connected().subnets.read(message.ask.subnetId, message.ask.ids);
      case 'getVnic':
        return { ok: true, record: await getVnic(connected().client, message.ask) };
      case 'inspect':
        return inspect({ metadata, client: connected().client }, message.ask);
      case 'tagVnic':
        return { ok: true, record: await tagVnic(connected().client, message.ask, sendBy) };
    }
  }

  let warmed = 0;
  function warm(): void {
    if (!network || !sessions.current() || network.client.longestIdle() < WARM_AFTER) return;
    const known = network.subnets.known();
    const id = known[warmed++ % Math.max(1, known.length)];
    // The answer does not matter, and a failure has shown that the connection has to be opened again.
    if (id) void learning(network, getPrivateIp(network.client, id)).catch(() => undefined);
  }

  const sessions = keepSession({ request, onChange: tell, requestTimeout });
  const warmer = setInterval(warm, WARM_EVERY);
  warmer.unref();
  tell();
  return {
    async answer(message) {
      try {
        return await run(message);
      } catch (error) {
        return answerOfFailure(message, error);
      }
    },
    close() {
      clearInterval(warmer);
      sessions.close();
      network?.client.close();
    },
  };
}

/** A failure before the call could divide the work is the answer for each thing asked. */
function answerOfFailure(message: CallMessage, error: unknown): Calls[CallName]['answer'] {
  const failure = failureOf(error);
  switch (message.call) {
    case 'discover':
      return message.ask.map((asked) => ({ ...failure, interface: asked.interface }));
    case 'readSubnet':
      return new Map(message.ask.ids.map((id) => [id, failure]));
    case 'inspect':
      return failedInspection(failure);
    default:
      return failure;
  }
}
