/** One fault of the master and what came of it, on the lab's clock. */
import { now, sleep, until } from '../lab/clock.ts';
import type { JournalEntry, RequestRecord } from '../oci-simulator/types.ts';
import { BACKUP, MASTER, type Stand } from './stand.ts';

const PATIENCE = 30_000;
/** Milliseconds that every request to a slow API takes, half of it before a write is carried out. */
export const LATENCY = 200;
/** Milliseconds until tcpdump has certainly written what it saw. */
const CAPTURED = 100;

export interface Takeover {
  /** The signal, the `ip` command or the control request was sent. */
  readonly faultAt: number;
  /** Last advert of the old master on the wire before the new one's first; priority 0 does not count. */
  readonly lastAdvert: number;
  /** First advert of the new master on the wire. */
  readonly firstAdvert: number;
  /** Its first UpdatePrivateIp reached the simulator: the headers were read. */
  readonly firstClaim: number;
  /** The same of the last. */
  readonly lastClaim: number;
  /** OCI's record names it for every VIP. */
  readonly allMoved: number;
  /** The last claim was answered. */
  readonly allAnswered: number;
  /** TLS handshakes of the new master since the fault, until all was answered. */
  readonly handshakes: number;
  /** Its requests for a token in that time. */
  readonly tokenRequests: number;
}

/**
 * Strikes and watches the other router take over.
 * @param expected milliseconds during which nobody asks how far it is, so as not to disturb
 */
export async function watchTakeover(stand: Stand, expected: number, strike: () => void): Promise<Takeover> {
  const { simulator, plan, adverts } = stand.lab;
  const requestsBefore = (await simulator.requests()).at(-1)?.id ?? 0;
  const journalBefore = (await simulator.journal()).at(-1)?.id ?? 0;
  const vips = plan.topology.vips.length;

  const faultAt = now();
  strike();
  await sleep(expected);
  let moves: readonly JournalEntry[] = [];
  let claims: readonly RequestRecord[] = [];
  let requests: readonly RequestRecord[] = [];
  const done = await until(
    async () => {
      moves = (await simulator.journal(journalBefore)).filter(({ toInstance }) => toInstance === BACKUP);
      requests = (await simulator.requests(requestsBefore)).filter(({ instance }) => instance === BACKUP);
      claims = requests.filter(({ operation, at }) => operation === 'UpdatePrivateIp' && at >= faultAt);
      return moves.length >= vips && claims.length >= vips && claims.every(({ answeredAt }) => answeredAt !== null);
    },
    PATIENCE,
    100,
  );
  if (done === undefined) throw new Error(`${BACKUP} took over ${moves.length} of ${vips} VIPs in ${PATIENCE} ms`);
  await sleep(CAPTURED);

  const from = (router: string) => {
    const nics = plan.routers.find(({ name }) => name === router)?.nics ?? {};
    const own = Object.values(nics).map(({ address }) => address);
    return adverts.filter(({ source, priority }) => own.includes(source) && priority > 0).map(({ at }) => at);
  };
  const firstAdvert = from(BACKUP).find((at) => at >= faultAt);
  const lastAdvert = from(MASTER).findLast((at) => at < (firstAdvert ?? 0));
  const [first] = claims;
  if (firstAdvert === undefined || lastAdvert === undefined || first === undefined) {
    throw new Error('the capture misses adverts');
  }
  const allAnswered = Math.max(...claims.map(({ answeredAt }) => answeredAt ?? 0));
  const { connections } = await simulator.handshakes();
  const during = ({ at }: { readonly at: number }): boolean => at >= faultAt && at <= allAnswered;
  return {
    faultAt,
    lastAdvert,
    firstAdvert,
    firstClaim: first.at,
    lastClaim: Math.max(...claims.map(({ at }) => at)),
    allMoved: Math.max(...moves.map(({ at }) => at)),
    allAnswered,
    handshakes: connections.filter((connection) => connection.instance === BACKUP && during(connection)).length,
    tokenRequests: requests.filter((request) => request.operation === 'Federation' && during(request)).length,
  };
}
