/**
 * The gateway's log: JSON lines on stderr. No line holds a credential, a query string, a key of the cache or,
 * unless asked for, a body.
 */
import { AskonceError, type CacheRequest, type CacheStatus, type Clock, type Reply } from 'askonce';
import { type DestinationStream, type Level, pino } from 'pino';
import { bounded } from './bounded.ts';

export interface GatewayLog {
  info(message: string): void;
  warn(message: string): void;
  /** As `warn`, but at most one line a minute for each `subject`; the next one says how many were left out. */
  warnSeldom(subject: string, message: string, fields: Readonly<Record<string, unknown>>): void;
  /** What an admin call did: cacheStatus at any level but `silent`. The fields hold no content, and no names in clear text. */
  audit(message: string, fields: Readonly<Record<string, unknown>>): void;
  asked(request: CacheRequest): void;
  answered(path: string, reply: Reply): void;
  passed(method: string, url: string, status: number, error: Error | undefined): void;
  /** A request that was answered with an error, or cut short. `gone`: the client had left before. */
  failed(url: string, requestId: string, error: unknown, gone: boolean): void;
  flush(): void;
}

export interface LogOptions {
  readonly level: Level | 'silent';
  readonly bodies: boolean;
  readonly clock: Clock;
  readonly destination?: DestinationStream | undefined;
}

const maxBodyCharacters = 16_384;

export function createLog({ level, bodies, clock, destination }: LogOptions): GatewayLog {
  const options = { level, base: null, timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"` };
  const lines = pino(options, destination ?? pino.destination({ dest: 2, sync: true }));
  const verbose = lines.isLevelEnabled('debug');
  const audits = lines.child({ audit: true }, { level: level === 'silent' ? 'silent' : 'info' });
  const seldom = bounded(clock);

  function warnSeldom(subject: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    const leftOut = seldom(subject);
    if (leftOut !== undefined) lines.warn(leftOut === 0 ? fields : { ...fields, leftOut }, message);
  }

  return {
    info: (message) => lines.info(message),
    warn: (message) => lines.warn(message),
    warnSeldom,
    audit: (message, fields) => audits.info(fields, message),
    asked({ protocol, context, body }) {
      if (!verbose || !bodies || context.sensitive) return;
      const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
      lines.debug({ protocol, body: text.slice(0, maxBodyCharacters) }, 'request body');
    },
    answered(path, { requestId, status, cacheStatus }) {
      if (verbose) lines.debug({ path, requestId, status, cache: inShort(cacheStatus) }, 'answered');
    },
    passed(method, url, status, error) {
      if (verbose)
        lines.debug({ method, path: pathOnly(url), status, cutShort: error !== undefined }, 'passed through');
    },
    failed(url, requestId, error, gone) {
      const path = pathOnly(url);
      if (gone) {
        if (verbose) lines.debug({ path, requestId }, 'the client left');
      } else if (AskonceError.isInstance(error)) {
        const fields = { path, requestId, code: error.code };
        if (error.status >= 500 && error.code !== 'not_cached') warnSeldom(error.code, error.message, fields);
        else if (verbose) lines.debug(fields, error.message);
      } else {
        lines.error({ path, requestId, error: trace(error) }, 'a bug: this error was not foreseen');
      }
    },
    flush: () => lines.flush(),
  };
}

function inShort(cacheStatus: CacheStatus): string {
  return cacheStatus.kind === 'hit' ? `hit ${cacheStatus.detail}` : `forward ${cacheStatus.reason}`;
}

// A query string may hold a key (`?key=`), and the path of an admin call a user's name.
function pathOnly(url: string): string {
  const [path = ''] = url.split('?', 1);
  return path.replace(/^(\/cache\/users\/).*/s, '$1…');
}

// Where it was, not what it said: the message of a foreseen error is written with care, of others nobody knows.
function trace(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  return [error.name, ...frames].join('\n');
}
