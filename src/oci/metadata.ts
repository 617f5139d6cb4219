/**
 * The instance metadata service (IMDS v2) of the machine this runs on. Answers 429 with HTML when read often and 404
 * for a few milliseconds while the platform renews the data, so each read is tried a few times within its deadline.
 * Source: https://docs.oracle.com/iaas/Content/Compute/Tasks/gettingmetadata.htm
 */
import { monotonic, pause, withDeadline } from './deadline.ts';
import { codeOfStatus, faultOfNetwork, OciFault } from './errors.ts';
import { exchange } from './exchange.ts';
import type { Milliseconds, OciExchange } from './types.ts';

/** What every instance has. */
export const METADATA_ORIGIN = 'http://169.254.169.254';

export interface Metadata {
  /**
   * Reads one path below `/opc/v2/`, as text.
   * @throws OciFault `metadata`, after four attempts or when `requestTimeout` is over
   */
  read(path: string): Promise<string>;
  /** The same, parsed. */
  readJson(path: string): Promise<unknown>;
}

export interface MetadataOptions {
  readonly origin: string;
  /** For one read with all its attempts. */
  readonly requestTimeout: Milliseconds;
  readonly onExchange: (exchange: OciExchange) => void;
}

/** Pauses between the attempts: the gaps seen in the wild are a few milliseconds, throttling somewhat longer. */
const PAUSES: readonly Milliseconds[] = [30, 120, 400];

export function createMetadata(options: MetadataOptions): Metadata {
  const { origin, requestTimeout, onExchange } = options;

  async function attempt(path: string, signal: AbortSignal): Promise<string> {
    const started = monotonic();
    let fault: OciFault | undefined;
    try {
      const url = new URL(`/opc/v2/${path}`, origin).href;
      const answer = await exchange({ method: 'GET', url, headers: { authorization: 'Bearer Oracle' } }, signal);
      if (answer.status === 200) return answer.body;
      fault = new OciFault(
        codeOfStatus(answer.status, undefined),
        `instance metadata answered ${answer.status} for ${path}`,
        { status: answer.status },
      );
    } catch (error) {
      fault = faultOfNetwork(`instance metadata ${path}`, origin, error);
    } finally {
      const duration = monotonic() - started;
      onExchange({ operation: 'Metadata', duration, ...(fault ? { failure: fault.code } : {}) });
    }
    throw fault;
  }

  async function read(path: string): Promise<string> {
    let last: unknown;
    try {
      return await withDeadline(`instance metadata at ${origin}`, requestTimeout, async (signal) => {
        for (const wait of [...PAUSES, undefined]) {
          try {
            return await attempt(path, signal);
          } catch (error) {
            last = error;
            if (wait === undefined || signal.aborted) throw error;
          }
          await pause(wait, signal);
        }
        throw last;
      });
    } catch (error) {
      const cause = last instanceof OciFault ? last : error;
      const words = cause instanceof OciFault ? cause.message : String(cause);
      throw new OciFault('metadata', `${words}. Is this an OCI instance, and may this user reach ${origin}?`, {
        cause,
        ...(cause instanceof OciFault && cause.status !== undefined ? { status: cause.status } : {}),
      });
    }
  }

  return {
    read,
    async readJson(path) {
      const text = await read(path);
      try {
        return JSON.parse(text);
      } catch (cause) {
        throw new OciFault('metadata', `instance metadata ${path} is not JSON`, { cause });
      }
    },
  };
}
