/** What an operation of the VCN API is: how it is found, what it needs, what it answers. */

import type { Answer } from './exchange.ts';
import type { Operation, Policy, Topology } from './types.ts';
import type { Author, VcnState } from './vcn-state.ts';

export interface OperationContext {
  readonly topology: Topology;
  readonly state: VcnState;
  readonly query: URLSearchParams;
  /** The OCID in the path; empty for collections. */
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly ifMatch: string | undefined;
  readonly author: Author;
  /** Monotonic now. */
  readonly now: number;
  /** Reads show the state of this time. */
  readonly readTime: number;
}

export interface VcnOperation {
  readonly operation: Operation;
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** `{id}` stands for one part. */
  readonly path: string;
  readonly needs: readonly (keyof Policy)[];
  readonly write: boolean;
  /** Checks and applies in one step, as the service's transaction does; throws ApiError. */
  readonly run: (context: OperationContext) => Answer;
}
