/**
 * Capture: writes answered requests to a file, off the path of requests. What waits to be written is bounded in bytes;
 * beyond the bound requests are answered and not captured, and their number is reported.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { CacheRequest, Clock, Reply } from 'askonce';
import { type ProviderProtocolName, type SettingSource, wrongSetting } from 'askonce/gateway-kit';
import type { GatewayLog } from '../log/log.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { openCaptureFile } from './file.ts';
import { type CapturedExchange, lineOf } from './line.ts';
import { tapped } from './tap.ts';

/** A request as the client sent it, and as the cache was asked. */
interface AskedExchange {
  readonly protocol: ProviderProtocolName;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly asked: Pick<CacheRequest, 'context' | 'directives'>;
  readonly body: Uint8Array;
}

interface CaptureFigures {
  readonly file: string;
  readonly isFull: boolean;
  readonly written: number;
  /** Exchanges that were to be captured and were not: too many waited, the file is full, or writing failed. */
  readonly dropped: number;
}

export interface Capture {
  readonly figures: CaptureFigures;
  /** The reply to send: the same one, or one whose body is read along with as it is sent. */
  of(exchange: AskedExchange, reply: Reply): Reply;
  /** Writes what waits, and closes the file. */
  close(): Promise<void>;
}

/** Bound of all exchanges that are being answered or wait to be written. */
const maxWaitingBytes = 16 * 1024 * 1024;
/** A larger exchange is not captured. */
const maxExchangeBytes = 1024 * 1024;

export interface CaptureOptions {
  readonly settings: Pick<GatewaySettings, 'capture' | 'captureMaxBytes' | 'captureWhenFull'>;
  readonly source: SettingSource;
  readonly clock: Clock;
  readonly log: Pick<GatewayLog, 'warnSeldom'>;
}

/** Undefined if nothing is to be captured. @throws AskonceError `invalid_settings` if the file can't be written. */
export async function openCapture(options: CaptureOptions): Promise<Capture | undefined> {
  const { settings, source, clock, log } = options;
  const { capture: path, captureMaxBytes: maxBytes, captureWhenFull: whenFull } = settings;
  if (path === undefined) return undefined;
  const file = await openCaptureFile({ path, maxBytes, whenFull }).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw wrongSetting(source, `${reason}; choose a file that this user may write`, { cause });
  });
  const queue: CapturedExchange[] = [];
  let waitingBytes = 0;
  let written = 0;
  let dropped = 0;
  let writing: Promise<void> | undefined;

  function drop(reason: string): void {
    dropped += 1;
    log.warnSeldom(`capture ${reason}`, 'a request was not captured', { reason });
  }

  async function writeAll(): Promise<void> {
    // Not in the turn of the event loop that ends the reply.
    await new Promise((resolve) => setImmediate(resolve));
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await write(next);
      waitingBytes -= next.body.byteLength + next.answer.body.byteLength;
    }
    writing = undefined;
  }

  async function write(exchange: CapturedExchange): Promise<void> {
    const line = lineOf(exchange);
    if (line === undefined) return;
    try {
      if (await file.append(line)) written += 1;
      else
        drop(file.isFull ? 'the file is full (captureMaxBytes)' : 'the line is larger than the file may be');
    } catch (error) {
      drop(error instanceof Error && 'code' in error ? String(error.code) : 'the file cannot be written');
    }
  }

  /** Collects one exchange within the bounds. */
  function collecting(exchange: AskedExchange, reply: Reply) {
    const pieces: Uint8Array[] = [];
    const time = clock.now();
    let bytes = 0;
    let isDropped = false;

    function left(): void {
      waitingBytes -= bytes;
      bytes = 0;
      isDropped = true;
    }

    function take(size: number): boolean {
      if (isDropped) return false;
      if (bytes + size <= maxExchangeBytes && waitingBytes + size <= maxWaitingBytes) {
        bytes += size;
        waitingBytes += size;
        return true;
      }
      left();
      pieces.length = 0;
      drop('too much waits to be written');
      return false;
    }

    return {
      begin: () => take(exchange.body.byteLength),
      piece(piece: Uint8Array) {
        if (take(piece.byteLength)) pieces.push(piece);
      },
      left,
      end() {
        if (isDropped) return;
        const { protocol, url, headers, body } = exchange;
        const answer = { status: reply.status, headers: reply.headers, body: Buffer.concat(pieces) };
        queue.push({ time, protocol, url, headers, body, answer });
        writing ??= writeAll();
      },
    };
  }

  return {
    get figures() {
      return { file: path, isFull: file.isFull, written, dropped };
    },
    of(exchange, reply) {
      if (file.isFull || !isCaptured(exchange, reply)) return reply;
      const collected = collecting(exchange, reply);
      if (!collected.begin()) return reply;
      if (!(reply.body instanceof Uint8Array)) return { ...reply, body: tapped(reply.body, collected) };
      collected.piece(reply.body);
      collected.end();
      return reply;
    },
    async close() {
      await writing;
      await file.close();
    },
  };
}

/**
 * Whether an exchange may be captured: no sensitive one, none that the client wants stored nowhere, none that the cache
 * could not serve, and no embeddings, which no question is compared by.
 */
function isCaptured({ asked, protocol }: AskedExchange, { status, cacheStatus }: Reply): boolean {
  if (asked.context.sensitive || asked.directives.noStore || status < 200 || status > 299) return false;
  if (protocol === 'openai-embeddings') return false;
  const { kind } = cacheStatus;
  return kind === 'hit' || cacheStatus.reason !== 'bypass' || cacheStatus.detail === 'disabled';
}
