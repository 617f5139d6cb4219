import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { EventReport } from './api.ts';
import { ControlError } from './errors.ts';

/** The daemon sends at least a comment each 15 s. */
const SILENCE = 45_000;
/** Characters of one event. */
const MAX_EVENT = 4 * 1024 * 1024;

/**
 * Asks for `GET /v1/events`; resolves to the answer when its headers are there. Rejects with what went wrong with the
 * connection.
 */
export function requestEvents(socketPath: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, path: '/v1/events', agent: false, signal }, resolve);
    request.setTimeout(SILENCE, () =>
      request.destroy(new ControlError('timeout', 'failoverd sends no events any more')),
    );
    request.once('error', reject);
    request.end();
  });
}

/** Tells each event of the answer, until it ends. */
export async function readEvents(answer: IncomingMessage, tell: (event: EventReport) => void): Promise<void> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer) {
    text += String(chunk);
    if (text.length > MAX_EVENT) throw new ControlError('protocol', 'an event of the daemon has no end');
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data: '));
      // A comment, or the time to wait before the next attempt.
      if (data !== undefined) tell(JSON.parse(data.slice('data: '.length)) as EventReport);
    }
  }
}
