import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout: the lab runs bundled from build/, or from test/lab/ under vitest. */
const here = dirname(fileURLToPath(import.meta.url));
export const CHECKOUT = here.endsWith('/build') ? dirname(here) : resolve(here, '../..');

/** What `npm run build -- --tests` made. */
export const BUILD = `${CHECKOUT}/build`;
export const DIST = `${CHECKOUT}/dist`;

/** Everything the running lab keeps; gone after `scripts/lab down`. */
export const WORK = '/run/failoverd-lab';
