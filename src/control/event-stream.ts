/**
 * `GET /v1/events`: server-sent events (HTML Living Standard §9.2), one for each event, as
 *
 *   event: transition
 *   data: {"level":"info","time":"…","event":"transition","group":"isv","from":"backup","to":"master","reason":"…","msg":"…"}
 *
 * with an empty line after it. A follower that does not read is told so and dropped: what it did not read is all that is
 * kept for it.
 */
import type { ServerResponse } from 'node:http';
import type { EventReport } from './api.ts';
import type { ControlHandlers } from './handlers.ts';

export interface EventStreams {
  /** Answers with events until the client leaves, reads too slowly, or has to make room. */
  open(response: ServerResponse, follow: ControlHandlers['follow']): void;
  /** Ends every stream. */
  close(): void;
}

interface Stream {
  end(reason: EndReason): void;
}

type EndReason = 'slow' | 'displaced' | 'stopping' | 'failed';

const REASONS: Readonly<Record<EndReason, string>> = {
  slow: 'events came faster than they were read; connect again to go on',
  displaced: 'too many clients follow the events, and this one had followed longest; connect again to go on',
  stopping: 'failoverd stops',
  failed: 'failoverd made a mistake; its log says which',
};
/** Streams at a time: enough for every admin's terminal. */
const MAX_STREAMS = 16;
/** Bytes that wait for one follower, beyond what the kernel holds for it. */
const MAX_UNREAD = 64 * 1024;
/** A comment this often shows either side that the other is there, through proxies as well. */
const KEEP_ALIVE = 15_000;
/** Milliseconds in which a client may read its last event. */
const LAST_WORD = 5_000;
/** What EventSource waits before it connects again. */
const RETRY = 2_000;

export function createEventStreams(onError: (error: unknown) => void): EventStreams {
  /** The longest followed first. */
  const streams = new Set<Stream>();

  function open(response: ServerResponse, follow: ControlHandlers['follow']): void {
    const [longest] = streams;
    if (streams.size >= MAX_STREAMS) longest?.end('displaced');

    const left = new AbortController();
    const keepAlive = setInterval(() => write(': here\n\n'), KEEP_ALIVE);
    const stream: Stream = { end };
    streams.add(stream);
    response.once('close', forget);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'close' });
    write(`retry: ${RETRY}\n\n`);
    try {
      follow((event) => write(frame(event)), left.signal);
    } catch (error) {
      onError(error);
      end('failed');
    }

    function write(text: string): void {
      if (left.signal.aborted) return;
      response.write(text);
      if (response.writableLength > MAX_UNREAD) end('slow');
    }

    function end(reason: EndReason): void {
      if (left.signal.aborted) return;
      forget();
      const time = new Date().toISOString();
      response.end(frame({ level: 'info', time, event: 'end', reason, msg: REASONS[reason] }));
      setTimeout(() => response.destroy(), LAST_WORD).unref();
    }

    function forget(): void {
      left.abort();
      clearInterval(keepAlive);
      streams.delete(stream);
    }
  }

  return {
    open,
    close() {
      for (const stream of [...streams]) stream.end('stopping');
    },
  };
}

/** JSON has no bare newline, so one `data:` line is enough. */
function frame(event: EventReport): string {
  return `event: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`;
}
