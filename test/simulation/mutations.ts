import type { Rule } from '../../src/agent/group-types.ts';

/** The rules that can be switched off one by one, to show that the simulation notices. */
export type Mutation = Rule;

export const MUTATIONS: readonly Mutation[] = [
  'etag',
  'superseded',
  'lease',
  'lock',
  'verification',
  'stall',
  'listening',
  'vouched',
  'readiness',
  'naming',
  'hold',
];
