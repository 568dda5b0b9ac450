/**
 * The gateway's log on stderr: JSON lines, or text if that is a terminal. At `info` it has one line for each request. No
 * line holds a credential, a query string, a cache key or, unless `logBodies` is on, a body.
 */
import { AskonceError, type CacheRequest, type Clock, type Observer } from 'askonce';
import { type DestinationStream, type Level, type LoggerOptions, pino } from 'pino';
import { type AnsweredRequest, answerLog, lineOf } from './answers.ts';
import { gathered } from './gathered.ts';
import { hitLines } from './hit-lines.ts';
import { loggedPath } from './logged-path.ts';
import { prettyDestination } from './pretty.ts';
import { writeToStderr } from './stderr.ts';

/** Fields of a line beside its message. */
type LineFields = Readonly<Record<string, unknown>>;

export interface GatewayLog {
  info(message: string): void;
  warn(message: string): void;
  /** Like `warn`, but at most one line a minute for each `subject`; the next line says how many were left out. */
  warnSeldom(subject: string, message: string, fields: Readonly<Record<string, unknown>>): void;
  /** The same at `info`, for what is no fault. */
  infoSeldom(subject: string, message: string, fields: Readonly<Record<string, unknown>>): void;
  /** Records what an admin call did, at every level but `silent`. The fields hold no content, and no names in clear text. */
  audit(message: string, fields: LineFields): void;
  asked(request: CacheRequest): void;
  /** Logs a request that was answered in full. */
  answered(request: AnsweredRequest): void;
  /** Listens to the cache, for the lines of answered requests; undefined if those are not logged. */
  readonly observe: Observer | undefined;
  /** Logs a request that passed through, with the fields that name it. */
  passed(method: string, url: string, status: number, error: Error | undefined, fields: LineFields): void;
  /** Logs a request that was answered with an error, or cut short. `gone`: the client had disconnected before. */
  failed(url: string, requestId: string, error: unknown, gone: boolean, more?: LineFields): void;
  /** Logs an admin call that was answered, by its row of the table: no path, which may hold a user's name or a key. */
  called(call: string, fields: LineFields): void;
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
  const time = timestamps(clock);
  const options = { level, base: null, timestamp: time };
  const { stream, append } = destinationOf(destination);
  const lines = pino(options, stream);
  const verbose = lines.isLevelEnabled('debug');
  const isEachLogged = lines.isLevelEnabled('info');
  const write = (fields: object) => lines.info(fields, 'answered');
  const print = printed({ ...options, timestamp: () => '' }, 'answered');
  const answers = answerLog({
    write,
    writeHit:
      append === undefined
        ? (request) => write(lineOf(request, request.reply.usage))
        : hitLines({ print: (request) => print(lineOf(request, request.reply.usage)), time, write: append }),
  });
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
    answered(request) {
      if (isEachLogged) answers.answered(request);
    },
    observe: isEachLogged ? answers.observe : undefined,
    passed(method, url, status, error, fields) {
      if (isEachLogged)
        lines.info(
          { ...fields, method, path: loggedPath(url), status, cutShort: error !== undefined },
          'passed through',
        );
    },
    called(call, fields) {
      if (isEachLogged) lines.info({ call, ...fields }, 'admin call');
    },
    failed(url, requestId, error, gone, more) {
      const path = loggedPath(url);
      if (gone) {
        if (isEachLogged) lines.info({ path, requestId, ...more }, 'the client disconnected');
      } else if (AskonceError.isInstance(error)) {
        const fields = { path, requestId, code: error.code, ...more };
        const isTrouble = error.status >= 500 && error.code !== 'not_cached';
        // Where each request has its line, so has one that fails like many before it.
        if (isEachLogged) lines[isTrouble ? 'warn' : 'info'](fields, error.message);
        else if (isTrouble) warnSeldom(error.code, error.message, fields);
      } else {
        lines.error({ path, requestId, ...more, error: trace(error) }, 'unexpected error');
      }
    },
    flush() {
      answers.flush();
      lines.flush();
    },
  };
}

/** A destination of pino's, and how a line of `info` gets there that is not pino's own; undefined if it must be pino's. */
interface LogDestination {
  readonly stream: DestinationStream;
  readonly append: ((line: string) => void) | undefined;
}

// Node writes to stderr synchronously where that is a terminal, a file or a pipe.
function destinationOf(given: DestinationStream | undefined): LogDestination {
  if (given === undefined && !process.stderr.isTTY) {
    const stream = gathered(writeToStderr);
    return { stream, append: stream.append };
  }
  const stream = given ?? prettyDestination(writeToStderr);
  // Such a destination reads what pino leaves on it with each line.
  const wantsMetadata = Reflect.get(stream, Symbol.for('pino.metadata')) === true;
  return { stream, append: wantsMetadata ? undefined : (line) => stream.write(line) };
}

/** Makes the function that returns the line which pino prints at `info` with these options. */
function printed(options: LoggerOptions, message: string): (fields: object) => string {
  let text = '';
  const write = (line: string): void => {
    text = line;
  };
  const lines = pino({ ...options, level: 'info' }, { write });
  return (fields) => {
    lines.info(fields, message);
    return text;
  };
}

/** The time as pino writes it into a line. Under load many lines have the same millisecond. */
function timestamps(clock: Clock): () => string {
  let last = Number.NaN;
  let text = '';
  return () => {
    const now = clock.now();
    if (now !== last) {
      last = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
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
