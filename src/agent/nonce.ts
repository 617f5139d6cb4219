import { randomBytes } from 'node:crypto';

/** 16 hex digits that nobody can guess. Injected, so that one seed of the simulation is one exact run. */
export type Nonce = () => string;

export const randomNonce: Nonce = () => randomBytes(8).toString('hex');
