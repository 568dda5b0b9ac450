/** Errors of Redis, in words that contain no key, value or password. */

/** By the first word of the server's error, or Node's error code. */
const sentences: Readonly<Record<string, string>> = {
  WRONGPASS: 'it refuses the user or the password',
  NOAUTH: 'it requires a password',
  NOPERM: 'its user may not do what is needed (ACL)',
  OOM: 'its memory is full (maxmemory)',
  MISCONF: 'it accepts no writes, since it cannot save them',
  READONLY: 'it is a replica, which accepts no writes',
  LOADING: 'it is still loading its data',
  MASTERDOWN: 'its master is down',
  CLUSTERDOWN: 'its Cluster is down',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of its host cannot be looked up',
  EHOSTUNREACH: 'its host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  ETIMEDOUT: 'it does not answer',
  EPROTO: 'it does not speak TLS there',
};

/** By a part of the driver's message, if the error has no code. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/timed out|connect ETIMEDOUT/i, 'it does not answer in time'],
  [/sentinel/i, 'no Sentinel knows a master of that name that can be reached'],
  [/cluster support disabled/i, 'it is not a Cluster'],
  [/DB index is out of range/i, 'it has no database of that number'],
  [/SELECT is not allowed in cluster mode/i, 'it is a Cluster, which has only database 0'],
  [/max number of clients/i, 'it has reached its limit of clients'],
  [/isn't writeable|isn't ready|is closed|ended|aborted|max retries/i, 'there is no connection'],
  [/please report this/i, 'it does not speak the protocol of Redis'],
];

/**
 * An error that may be logged, made from one of the driver or the server: the driver's own errors carry the command with
 * its arguments, and messages may quote what was sent.
 */
export class RedisError extends Error {
  override readonly name = 'RedisError';
  /** The meaning, as the end of a sentence about the server. */
  readonly reason: string;
  /** The server's word for it (`NOSCRIPT`), or Node's code; empty if there is neither. */
  readonly word: string;

  constructor(error: unknown) {
    const word = wordOf(error);
    const reason = meaning(error, word);
    super(`Redis call failed: ${reason}`);
    this.reason = reason;
    this.word = word;
  }
}

/** The error as one that may be logged. */
export function redisError(error: unknown): RedisError {
  return error instanceof RedisError ? error : new RedisError(innermost(error));
}

function meaning(error: unknown, word: string): string {
  const known = sentences[word];
  if (known !== undefined) return known;
  const message = error instanceof Error ? error.message : '';
  const [, sentence] = phrases.find(([pattern]) => pattern.test(message)) ?? [];
  if (sentence !== undefined) return sentence;
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/.test(word)) return `its certificate is not trusted (${word})`;
  return word === '' ? 'it failed' : `it failed (${word})`;
}

/** The first word of the server's error, in capitals, or Node's code: neither quotes what was sent. */
function wordOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return /^[A-Z]+(?= |$)/.exec(error.message)?.[0] ?? '';
}

/** A Cluster's error wraps the error of its last node. */
function innermost(error: unknown): unknown {
  if (!(error instanceof Error) || !('lastNodeError' in error)) return error;
  return error.lastNodeError instanceof Error ? error.lastNodeError : error;
}
