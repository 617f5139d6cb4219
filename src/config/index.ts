/*
 * The configuration: schema.ts says what the file may hold (docs/configuration.md is made from it), load.ts reads one
 * and reports every mistake with its position, model.ts is what the rest of the daemon works with. unserved.ts lists
 * what this release refuses by name.
 */

export { type ConfigChange, configChanges } from './changes.ts';
export { formatDuration, parseDuration } from './duration.ts';
export type { ReadFile } from './files.ts';
export { type LoadOptions, type LoadResult, loadConfig } from './load.ts';
export { didYouMean, formatMistake, type Mistake } from './mistake.ts';
export * from './model.ts';
export { printEffective } from './print.ts';
export { syncSetOf } from './sync.ts';
