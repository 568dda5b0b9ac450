/**
 * The gateway's log: JSON lines on stderr. No line holds a credential, a query string, a cache key or, unless
 * `logBodies` is on, a body.
 */
import { AskonceError, type CacheRequest, type CacheStatus, type Clock, type Reply } from 'askonce';
import { type DestinationStream, type Level, pino } from 'pino';

export interface GatewayLog {
  info(message: string): void;
  warn(message: string): void;
  /** Like `warn`, but at most one line a minute for each `subject`; the next line says how many were left out. */
  warnSeldom(subject: string, message: string, fields: Readonly<Record<string, unknown>>): void;
  /** The same at `info`, for what is no fault. */
  infoSeldom(subject: string, message: string, fields: Readonly<Record<string, unknown>>): void;
  /** Records what an admin call did, at every level but `silent`. The fields hold no content, and no names in clear text. */
  audit(message: string, fields: Readonly<Record<string, unknown>>): void;
  asked(request: CacheRequest): void;
  answered(path: string, reply: Reply): void;
  passed(method: string, url: string, status: number, error: Error | undefined): void;
  /** Logs a request that was answered with an error, or cut short. `gone`: the client had disconnected before. */
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
  const seldom = oncePerMinute(clock);

  type Seldom = GatewayLog['warnSeldom'];
  const atMost =
    (level: 'info' | 'warn'): Seldom =>
    (subject, message, fields) => {
      const leftOut = seldom(subject);
      if (leftOut !== undefined) lines[level](leftOut === 0 ? fields : { ...fields, leftOut }, message);
    };
  const warnSeldom = atMost('warn');

  return {
    info: (message) => lines.info(message),
    warn: (message) => lines.warn(message),
    warnSeldom,
    infoSeldom: atMost('info'),
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
        if (verbose) lines.debug({ path, requestId }, 'the client disconnected');
      } else if (AskonceError.isInstance(error)) {
        const fields = { path, requestId, code: error.code };
        if (error.status >= 500 && error.code !== 'not_cached') warnSeldom(error.code, error.message, fields);
        else if (verbose) lines.debug(fields, error.message);
      } else {
        lines.error({ path, requestId, error: trace(error) }, 'unexpected error');
      }
    },
    flush: () => lines.flush(),
  };
}

function inShort(cacheStatus: CacheStatus): string {
  return cacheStatus.kind === 'hit' ? `hit ${cacheStatus.detail}` : `forward ${cacheStatus.reason}`;
}

// A query string may hold a key (`?key=`), and the path of an admin call may hold a user's name.
function pathOnly(url: string): string {
  const [path = ''] = url.split('?', 1);
  return path.replace(/^(\/cache\/users\/).*/s, '$1…');
}

// The stack without the message: only the messages of our own errors are known to hold no content.
function trace(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  return [error.name, ...frames].join('\n');
}

const quietMs = 60_000;
const maxSubjects = 256;

/**
 * Keeps a fault that repeats from flooding the log. Returns for each occurrence how many of its subject were left out
 * since the last that was logged, or undefined to leave this one out, too.
 */
function oncePerMinute(clock: Clock): (subject: string) => number | undefined {
  const subjects = new Map<string, { readonly loggedAt: number; leftOut: number }>();
  return (subject) => {
    const now = clock.monotonic();
    const before = subjects.get(subject);
    if (before !== undefined && now - before.loggedAt < quietMs) {
      before.leftOut += 1;
      return undefined;
    }
    if (before === undefined && subjects.size >= maxSubjects) subjects.clear();
    subjects.set(subject, { loggedAt: now, leftOut: 0 });
    return before?.leftOut ?? 0;
  };
}
