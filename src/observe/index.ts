/**
 * What the daemon tells the outside: the log (every event stands in log-events.ts), the metrics and the history.
 */
export { createDeferredLog } from './deferred-log.ts';
export { createEventFeed, type EventFeed } from './event-feed.ts';
export { createHistory, type History } from './history.ts';
export { createLog, type Log } from './log.ts';
export type { Level, LogEvent } from './log-events.ts';
export { createMetrics, type Metrics } from './metrics.ts';
