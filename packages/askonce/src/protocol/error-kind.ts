/**
 * The kind of an error answer: whether the same request will get it again, and for how long.
 *
 * If the evidence is unclear, the result is the kind that is remembered the shortest.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../json.ts';

export type ErrorKind =
  /** The request itself is wrong: sending it again gives the same error. */
  | 'deterministic'
  /** The account is at fault: its key, its rights, its credit. It may be repaired at any moment, unseen from here. */
  | 'account'
  /** There is no capacity now, for this account (429) or for all. */
  | 'overload'
  /** The attempt failed; another may succeed. */
  | 'transient';

/** An answer whose status is not 2xx. */
export interface ErrorAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
}

/** The meaning of a provider's error names (its `code`, `type` or `status`), in lower case. */
export type ErrorWords = Readonly<Record<string, ErrorKind>>;

/** Size in bytes above which a body is not read. */
const maxBytes = 64 * 1024;

/**
 * Not found is an account error, too: OpenAI and Anthropic answer with it both for an unknown model and for one that the
 * account cannot use yet, and Azure for a deployment that is not ready yet.
 */
const accountStatuses: ReadonlySet<number> = new Set([401, 402, 403, 404, 407]);
const overloadStatuses: ReadonlySet<number> = new Set([429, 503, 529]);
const deterministicStatuses: ReadonlySet<number> = new Set([400, 413, 415, 422]);

/**
 * Messages about credit and rights, whatever the status: Anthropic reports missing credit as a 400 without a name of its
 * own, and so does OpenAI for an account that must be verified. Not "billing" alone: rate limits advertise it.
 */
const accountMessage =
  /credit balance|insufficient[ _](?:quota|credit|balance|fund)|(?:more|out of) credits|exceeded your (?:current|monthly) (?:quota|usage)|billing (?:hard )?limit|usage limit|spend(?:ing)? limit|plan and billing|(?:account|organi[sz]ation) (?:is not active|(?:is|has been) (?:disabled|deactivated|suspended))|account has been|must be verified|not have access/i;

/** Messages of xAI and Google about a wrong key, which they report as a 400. */
const keyMessage = /(?:valid|correct) api[ _-]?key|api[ _-]?key (?:not|is|has|expired)/i;

/** Refusals because of a resource elsewhere, which may be there the next time. */
const elsewhereMessage = /download|timed? ?out|temporar|not (?:yet )?ready|still process/i;

/** A 429 for one oversized request says nothing about other requests: waiting does not make it smaller. */
const oversizeMessage = /request too large/i;

export function judgeError(answer: ErrorAnswer, words: ErrorWords): ErrorKind {
  const { status } = answer;
  if (accountStatuses.has(status)) return 'account';
  const { names, message } = readError(answer.body);
  const kinds = names.map((name) => (Object.hasOwn(words, name) ? words[name] : undefined));
  if (kinds.includes('account') || accountMessage.test(message)) return 'account';
  if (status !== 429 && keyMessage.test(message)) return 'account';
  if (status === 429) return oversizeMessage.test(message) ? 'transient' : 'overload';
  const named = kinds.find((kind) => kind !== undefined);
  if (named !== undefined) return named;
  if (overloadStatuses.has(status)) return 'overload';
  if (!deterministicStatuses.has(status)) return 'transient';
  const mayPass = answer.headers['x-should-retry'] === 'true' || elsewhereMessage.test(message);
  return mayPass ? 'transient' : 'deterministic';
}

/** The names and the message in an error body, in any of the shapes that providers of these protocols use. */
function readError(body: Uint8Array): { readonly names: readonly string[]; readonly message: string } {
  if (body.length > maxBytes) return { names: [], message: '' };
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const error = errorIn(tryParseJson(text));
  if (error === undefined) return { names: [], message: text };
  const { code, type, status, message } = error;
  const names = [code, type, status].filter((name) => typeof name === 'string');
  return {
    names: names.map((name) => name.toLowerCase()),
    message: typeof message === 'string' ? message : text,
  };
}

/** `{"error":{…}}`, the same in a list (Google), or without the outer object (vLLM). */
function errorIn(answer: JsonValue | undefined): JsonObject | undefined {
  const one = isJsonArray(answer) ? answer[0] : answer;
  if (!isJsonObject(one)) return undefined;
  return isJsonObject(one['error']) ? one['error'] : one;
}
