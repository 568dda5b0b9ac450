/**
 * What kind of error a provider has answered with: whether the same request is bound to get it again, and until when.
 *
 * Where it can't be told for sure, the kind is the one that is remembered the least.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../json.ts';

export type ErrorKind =
  /** The request itself is wrong: whoever sends it again gets the same. */
  | 'deterministic'
  /** The account's: its key, its rights, its credit. Somebody may mend that at any moment without a word to anybody here. */
  | 'account'
  /** There is no room now: for this account (429), or for anybody. */
  | 'overload'
  /** It went wrong this time. */
  | 'transient';

/** An answer that is no success. */
export interface ErrorAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
}

/** What a provider's own words mean, in lower case: its `code`, `type` or `status` of an error. */
export type ErrorWords = Readonly<Record<string, ErrorKind>>;

/** Bytes of a body above which nobody looks into it. */
const maxBytes = 64 * 1024;

/**
 * Not found is the account's, too: OpenAI and Anthropic answer so where there is no such model and where the account
 * has no access to it yet, and Azure where a deployment is not ready yet.
 */
const accountStatuses: ReadonlySet<number> = new Set([401, 402, 403, 404, 407]);
const overloadStatuses: ReadonlySet<number> = new Set([429, 503, 529]);
const deterministicStatuses: ReadonlySet<number> = new Set([400, 413, 415, 422]);

/**
 * Credit and rights as messages tell them, whatever the status: Anthropic's credit comes as a 400 without a word of
 * its own, and so does OpenAI's demand to be verified. Not "billing" alone: rate limits advertise it.
 */
const accountMessage =
  /credit balance|insufficient[ _](?:quota|credit|balance|fund)|(?:more|out of) credits|exceeded your (?:current|monthly) (?:quota|usage)|billing (?:hard )?limit|usage limit|spend(?:ing)? limit|plan and billing|(?:account|organi[sz]ation) (?:is not active|(?:is|has been) (?:disabled|deactivated|suspended))|account has been|must be verified|not have access/i;

/** A wrong key as xAI and Google tell it: as a 400. */
const keyMessage = /(?:valid|correct) api[ _-]?key|api[ _-]?key (?:not|is|has|expired)/i;

/** Requests that are refused for what lies elsewhere, and may be there the next time. */
const elsewhereMessage = /download|timed? ?out|temporar|not (?:yet )?ready|still process/i;

/** A 429 for one request that no waiting would make smaller says nothing about the others. */
const oversizeMessage = /request too large/i;

export function judgeError(answer: ErrorAnswer, words: ErrorWords): ErrorKind {
  const { status } = answer;
  if (accountStatuses.has(status)) return 'account';
  const { names, message } = told(answer.body);
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

/** What the body says of the error, in any of the shapes that providers of these protocols have. */
function told(body: Uint8Array): { readonly names: readonly string[]; readonly message: string } {
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
