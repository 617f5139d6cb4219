import type { ConfigFile } from './schema.ts';
import type { Partially } from './view.ts';

/* How a group's `heartbeat` lies over the common one. Used on checked files and, for the checks, on half valid ones. */

type HeartbeatPart = Partially<Pick<ConfigFile['heartbeat'], 'version' | 'interval'>>;
type AuthPart = Partially<ConfigFile['heartbeat']['auth']>;

export interface MergedAuth {
  readonly mode: ConfigFile['heartbeat']['auth']['mode'];
  /** Key id to source. */
  readonly keys: Readonly<Record<string, string | undefined>> | undefined;
  /** Given, or the only key there is. */
  readonly activeKey: number | undefined;
  readonly timeWindow: string | undefined;
  /** Source of the password. */
  readonly pass: string | undefined;
}

/** A group's field replaces the common one; `keys` is one field. */
export function mergeAuth(base: AuthPart | undefined, own: AuthPart | undefined): MergedAuth {
  const keys = own?.keys ?? base?.keys;
  const ids = Object.keys(keys ?? {});
  const [only] = ids.length === 1 ? ids : [];
  return {
    mode: own?.mode ?? base?.mode ?? 'enforce',
    keys,
    activeKey: own?.active_key ?? base?.active_key ?? (only === undefined ? undefined : Number(only)),
    timeWindow: own?.time_window ?? base?.time_window,
    pass: own?.pass ?? base?.pass,
  };
}

/** The interval that was written down for a group (or, without `own`, for all); undefined leaves the default. */
export function findInterval(base: HeartbeatPart, own: HeartbeatPart | undefined): string | undefined {
  return own?.interval ?? base.interval;
}
