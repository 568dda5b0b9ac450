/** What goes wrong with Redis, in words that hold no key, no value and no password. */

/** By the first word of what the server says, or the code that Node gives. */
const sentences: Readonly<Record<string, string>> = {
  WRONGPASS: 'it refuses the user or the password',
  NOAUTH: 'it wants a password',
  NOPERM: 'its user may not do what is needed (ACL)',
  OOM: 'its memory is full (maxmemory with noeviction)',
  MISCONF: 'it takes no writes, as it cannot save them',
  READONLY: 'it is a replica, which takes no writes',
  LOADING: 'it is still loading its data',
  MASTERDOWN: 'its master is down',
  CLUSTERDOWN: 'its Cluster does not serve',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it broke the connection off',
  EPIPE: 'it broke the connection off',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of its host cannot be looked up',
  EHOSTUNREACH: 'its host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  ETIMEDOUT: 'it does not answer',
  EPROTO: 'it does not speak TLS there',
};

/** By a part of what the driver says, which gives no code. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/timed out|connect ETIMEDOUT/i, 'it does not answer in time'],
  [/sentinel/i, 'no Sentinel knows a master of that name that can be reached'],
  [/cluster support disabled/i, 'it is no Cluster'],
  [/DB index is out of range/i, 'it has no database of that number'],
  [/SELECT is not allowed in cluster mode/i, 'it is a Cluster, which has only database 0'],
  [/max number of clients/i, 'it has as many clients as it takes'],
  [/isn't writeable|isn't ready|is closed|ended|aborted|max retries/i, 'there is no connection'],
  [/please report this/i, 'it does not speak the protocol of Redis'],
];

/** What an error of the driver or the server means, as the end of a sentence about the server. */
export function reasonOf(error: unknown): string {
  const inner = innermost(error);
  if (!(inner instanceof Error)) return 'it failed';
  const code = codeOf(inner) ?? '';
  const word = /^[A-Z]+(?= |$)/.exec(inner.message)?.[0] ?? '';
  const known = sentences[code] ?? sentences[word];
  if (known !== undefined) return known;
  const [, sentence] = phrases.find(([pattern]) => pattern.test(inner.message)) ?? [];
  if (sentence !== undefined) return sentence;
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/.test(code)) return `its certificate is not trusted (${code})`;
  // Messages may quote what was sent; the first word and the code never do.
  const told = [word, code].find((part) => part !== '');
  return told === undefined ? 'it failed' : `it failed (${told})`;
}

/** The driver's error as a cause that may be logged: those of the driver carry the command with all that it says. */
export function causeOf(error: unknown): Error {
  const cause = new Error(reasonOf(error));
  cause.name = 'RedisError';
  return cause;
}

/** A Cluster's error tells what went wrong with its last node. */
function innermost(error: unknown): unknown {
  if (!(error instanceof Error) || !('lastNodeError' in error)) return error;
  return error.lastNodeError instanceof Error ? error.lastNodeError : error;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
