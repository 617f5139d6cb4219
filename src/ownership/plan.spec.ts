import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { OciErrorCode, PrivateIpId, PrivateIpRecord, SubnetId, VnicId } from '../oci/types.ts';
import type { PeerStanding, VnicIdentity, VnicReading } from './lock-types.ts';
import { createPlan } from './plan.ts';
import type { Plan, PlanAction, PlanEvent, ReadResult, Target } from './plan-types.ts';

/** A peer that is heard and loses. */
const HEARD: PeerStanding = {
  router: 'peer',
  heardAt: Number.POSITIVE_INFINITY,
  toldAt: Number.POSITIVE_INFINITY,
  prevails: false,
  unheardSince: 0,
};

/** A lease names its router; a VNIC without one belongs to whom its own name says, unless that is `other`. */
function nameOf(vnicId: VnicId, identity: VnicIdentity | undefined): string {
  return identity?.lease?.split('/')[0] ?? vnicId.split('-')[0] ?? '';
}

const VIPS = ['a', 'b', 'c'];

function createRow(sameVnic: boolean, observe: boolean) {
  const plan: Plan = createPlan({
    vips: VIPS,
    verifyInterval: 10_000,
    requestTimeout: 2000,
    leaseInterval: 3000,
    random: () => 1,
    observe,
    knowledge: {
      standingOf: (vnicId, identity) => standings.get(nameOf(vnicId, identity)) ?? null,
      peers: () => [...standings.values()],
      toldHolder: () => null,
      leasesFail: () => leasesFail,
    },
  });
  let leasesFail = false;
  /** Router → what the agent knows of it. */
  const standings = new Map<string, PeerStanding>([['peer', HEARD]]);
  const claims = new Map<string, number>();
  let now = 0;

  const target = (address: string): Target => ({
    address,
    privateIpId: `id-${address}` as PrivateIpId,
    subnetId: 'subnet' as SubnetId,
    vnicId: (sameVnic ? 'self' : `self-${address}`) as VnicId,
  });

  function record(address: string, holder: string, etag: string): PrivateIpRecord {
    const { privateIpId: id, subnetId, vnicId: own } = target(address);
    const base = { id, address, subnetId, etag };
    if (holder === 'none') return base;
    return { ...base, vnicId: holder === 'self' ? own : (`${holder}-${address}` as VnicId) };
  }

  function result(address: string, word: string): ReadResult {
    const [holder = '', etag] = word.split(':');
    if (etag !== undefined) return { ok: true, record: record(address, holder, etag) };
    return { ok: false, code: holder as OciErrorCode, message: holder };
  }

  function reading(word: string): VnicReading {
    if (word === 'fails') return { ok: false, error: 'timeout' };
    const identity = { lease: word === 'none' || word === 'gone' ? undefined : word, privateIp: undefined };
    return { ok: true, identity, ...(word === 'gone' && { error: 'not-found' }) };
  }

  function parse(line: string): PlanEvent {
    const [name = '', first = '', second = '', third = ''] = line.split(/\s+/);
    switch (name) {
      case 'inventory':
        return {
          kind: 'inventory',
          targets: line
            .split(/\s+/)
            .slice(1)
            .map((word) => {
              const [address = '', holder = '', etag = ''] = word.split(':');
              return { ...target(address), record: record(address, holder, etag), startedAt: now };
            }),
        };
      case 'freeze':
        return { kind: 'freeze', on: first === 'on' };
      case 'master':
        if (second === 'cut-off') return { kind: 'master', on: first === 'on', cutOff: true };
        return {
          kind: 'master',
          on: first === 'on',
          predecessor: second === '' ? null : second,
          untold: third === 'untold',
        };
      case 'unled':
        return { kind: 'unled', on: first === 'on' };
      case 'peer': {
        const words = line.split(/\s+/).slice(1);
        const since = words.find((word) => word.startsWith('since='))?.slice(6);
        const told = words.find((word) => word.startsWith('told='))?.slice(5);
        standings.set('peer', {
          ...HEARD,
          heardAt: words.includes('heard') ? now : undefined,
          toldAt: told === undefined ? now : Number(told),
          prevails: words.includes('prevails'),
          unheardSince: since === undefined ? now : Number(since),
        });
        return { kind: 'peers' };
      }
      case 'vnic': {
        return { kind: 'vnic-answer', vnicId: first as VnicId, answer: reading(second) };
      }
      case 'leases':
        leasesFail = first === 'fail';
        return { kind: 'peers' };
      case 'taken':
        return { kind: 'taken', addresses: line.split(/\s+/).slice(1) };
      case 'superseded-over':
        return { kind: 'superseded-over' };
      case 'answer':
        return { kind: 'claim-answer', claim: claims.get(first) ?? 0, answer: result(first, second) };
      case 'read':
        return {
          kind: 'read-answer',
          address: first,
          startedAt: third.startsWith('from=') ? Number(third.slice(5)) : now,
          answer: result(first, second),
        };
      case 'done':
        return { kind: 'read-done' };
      case 'token':
      case 'conflict':
      case 'verify':
      case 'timer':
        return { kind: name };
      default:
        throw new Error(`unknown event ${line}`);
    }
  }

  return {
    plan,
    at(time: number) {
      now = time;
    },
    handle(line: string): readonly PlanAction[] {
      const actions = plan.handle(now, parse(line));
      for (const action of actions) if (action.kind === 'claim') claims.set(action.target.address, action.claim);
      return actions;
    },
  };
}

function formatAction(action: PlanAction): string {
  switch (action.kind) {
    case 'claim':
      return `claim ${action.target.address} etag=${action.etag}`;
    case 'read':
      return `read ${action.targets.map(({ address }) => address).join(' ')}`;
    case 'get':
      return `get ${action.target.address}`;
    case 'refresh-token':
    case 'rediscover':
    case 'hopeless':
    case 'ask-peers':
      return action.kind;
    case 'held':
      return `held ${action.address} ${action.after}${action.claimed ? ' claimed' : ''}`;
    case 'all-held':
      return `all-held ${action.after}${action.claimed ? ' claimed' : ''}`;
    case 'claim-failed':
      return `failed ${action.address} ${action.code} retry=${action.retryIn}`;
    case 'read-vnic':
      return `read-vnic ${action.vnicId}`;
    case 'superseded':
      return `superseded ${action.on ? 'on' : 'off'} ${action.vnicId} ${action.lock?.decision.because}`;
    case 'would-claim':
      return `would-claim ${action.addresses.join(' ')}`;
    case 'drift':
      return `drift ${action.address} ${action.vnicId}`;
  }
}

function believed(plan: Plan): string {
  return plan
    .vips()
    .map((vip) => `${vip.address}:${vip.held ? 'self' : (vip.record?.vnicId?.split('-')[0] ?? 'none')}`)
    .join(' ');
}

function runRow(lines: readonly string[]): { expected: string[]; actual: string[] } {
  const expected: string[] = [];
  const actual: string[] = [];
  let row = createRow(false, false);
  for (const line of lines) {
    const rest = line.slice(1).trim();
    if (line.startsWith('given')) row = createRow(line.includes('same-vnic'), line.includes('observe'));
    else if (line.startsWith('@')) row.at(Number(rest));
    else if (line.startsWith('~')) row.handle(rest);
    else {
      expected.push(line);
      if (line.startsWith('>')) actual.push(line, ...row.handle(rest).map((action) => `< ${formatAction(action)}`));
      if (line.startsWith('=')) actual.push(`= ${believed(row.plan)}`);
      if (line.startsWith('!')) actual.push(`! ${row.plan.nextDeadline() ?? 'never'}`);
    }
  }
  return { expected, actual };
}

const rows = readFileSync(new URL('./plan.rows.txt', import.meta.url), 'utf8')
  .split(/\n\n+/)
  .map((block) => block.split('\n').filter((line) => line !== '' && !line.startsWith('#')))
  .filter((lines) => lines.length > 0)
  .map(([title = '', ...lines]) => ({ title, lines }));

describe('ownership plan', () => {
  for (const { title, lines } of rows) {
    it(title, () => {
      const { expected, actual } = runRow(lines);
      expect(actual).toEqual(expected);
    });
  }
});
