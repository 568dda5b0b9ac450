/**
 * What may become of an endpoint's answer: RFC 9111 for a shared cache.
 */
import type { AnswerHead, AnswerHeaderFields, AnswerRules, AskedRequest } from '../answer-rules.ts';
import { commonHeaders, headerRules, hopByHopHeaders } from '../headers.ts';
import { type AnswerControl, answerControl } from './answer-control.ts';
import { mayIdentify } from './identity-headers.ts';
import { comesStale, fieldOf, initialAge, lifetimeOf, staleUse, statedLifetime } from './lifetime.ts';
import { isOwnEtag } from './own-etag.ts';
import { credentialsOf, keyedNames, restatedBody } from './request-body.ts';
import { varyNames, varyValues } from './vary.ts';

/** Statuses whose answers may be stored without a lifetime of their own (RFC 9110, section 15.1), as far as they are successes. */
const storableByDefault: ReadonlySet<number> = new Set([200, 203, 204]);
/** Statuses besides successes whose answers are stored if they state a lifetime: what is elsewhere, and what is not there. */
const storableIfStated: ReadonlySet<number> = new Set([
  300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 451,
]);
/** Statuses that answer a condition or a range of the one request, or its connection: they say nothing to another. */
const ofOneRequest: ReadonlySet<number> = new Set([206, 304, 412, 416, 417, 421, 426]);

const ruleOf = headerRules(commonHeaders);

/** Fields about the connection to a proxy, or about this cache. */
const leftOut: ReadonlySet<string> = new Set([
  ...hopByHopHeaders,
  'proxy-authentication-info',
  'set-cookie',
  'age',
  'cache-status',
]);

function controlOf(headers: AnswerHeaderFields): AnswerControl {
  return answerControl(fieldOf(headers, 'cache-control') ?? '');
}

/** Whether the answer is for one reader alone, by its own word. */
function isForOne({ headers }: AnswerHead, control: AnswerControl, isUnderstood: boolean): boolean {
  const isNoStore = control.noStore && !(control.mustUnderstand && isUnderstood);
  return (
    isNoStore ||
    control.private ||
    (control.mustUnderstand && !isUnderstood) ||
    // What sets a cookie is made for one reader, unless it says otherwise; then it is stored without the cookie.
    (headers['set-cookie'] !== undefined && !control.public) ||
    varyNames(headers) === '*'
  );
}

/**
 * Whether an answer that was not for one reader alone is so by the head that its client is sent: by a cookie that middleware
 * has set, say. `came` is the answer as the cache got it.
 */
export function becameForOne(came: AnswerHead, sent: AnswerHeaderFields): boolean {
  const isUnderstandable = isUnderstood(came.status);
  const [before, now] = [came.headers, sent].map((headers) =>
    isForOne({ status: came.status, headers }, controlOf(headers), isUnderstandable),
  );
  return now === true && before === false;
}

function isStorable(status: number): boolean {
  return (status >= 200 && status <= 299 && !ofOneRequest.has(status)) || storableIfStated.has(status);
}

/** Whether requests share the answer, whatever their credentials, by its own word (RFC 9111, section 3.5). */
function isPublic(control: AnswerControl): boolean {
  return control.public || control.sharedMaxAge !== undefined;
}

export const endpointRules: AnswerRules = {
  // A recipient with a clock adds what the origin left out (RFC 9110, section 6.6.1).
  received: (headers, now) =>
    headers['date'] === undefined ? { ...headers, date: new Date(now).toUTCString() } : headers,

  recorded(headers) {
    const { withheld } = controlOf(headers);
    const ofConnection = (fieldOf(headers, 'connection') ?? '').toLowerCase().split(/[\t ,]+/);
    const isLeftOut = (name: string) =>
      leftOut.has(name) || ofConnection.includes(name) || withheld.includes(name);
    const recorded: Record<string, string> = {};
    for (const name in headers) {
      const value = fieldOf(headers, name);
      if (value !== undefined && !isLeftOut(name)) recorded[name] = value;
    }
    return recorded;
  },

  lifetime(answer, { directives }, began) {
    const { status, headers } = answer;
    const control = controlOf(headers);
    // Without a validator nothing can confirm it.
    const isUsable = !control.noCache || hasValidator(headers);
    if (!isStorable(status) || !isUsable || isForOne(answer, control, isUnderstood(status))) return undefined;
    const { defaults = {} } = directives;
    const unstated = storableByDefault.has(status) ? defaults.ttl : undefined;
    const fresh = statedLifetime(headers, control, began) ?? unstated;
    // Stale times alone store nothing: an error is mended, and nothing invalidates what says that there is one.
    if (fresh === undefined) return undefined;
    const age = initialAge(headers, began);
    const use = staleUse(control, defaults);
    const lifetime = lifetimeOf(control.noCache ? 0 : fresh, age, use, hasValidator(headers));
    return lifetime.expires > 0 ? lifetime : undefined;
  },

  mayShare(answer, leading, wanted) {
    const { status, headers } = answer;
    const control = controlOf(headers);
    if (ofOneRequest.has(status) || isForOne(answer, control, isUnderstood(status))) return false;
    if (control.noCache) return false;
    if (comesStale(headers, control)) return false;
    const names = varyNames(headers);
    if (names === '*') return false;
    if (credentialsOf(wanted) === 'public' && !isPublic(control) && !haveSameCredentials(leading, wanted))
      return false;
    const keyed = keyedNames(wanted);
    const unkeyed = names.filter((name) => !keyed.has(name));
    if (unkeyed.length === 0) return true;
    if (leading === undefined) return false;
    const [one, other] = [varyValues(unkeyed, leading.headers), varyValues(unkeyed, wanted.headers)];
    return unkeyed.every((name) => one[name] === other[name]);
  },

  staleUse: (recorded, { defaults = {} }) => staleUse(controlOf(recorded), defaults),

  restated({ headers }, request) {
    const names = varyNames(headers);
    if (names === '*') return undefined;
    const keyed = keyedNames(request);
    const unkeyed = names.filter((name) => !keyed.has(name));
    const now = credentialsOf(request);
    const credentials = now === 'shared' ? now : isPublic(controlOf(headers)) ? 'public' : 'part';
    return unkeyed.length === 0 && credentials === now
      ? undefined
      : restatedBody(request, credentials, unkeyed);
  },
};

/** Whether the answer says that requests share it, whatever their credentials. */
export function isForAll({ headers }: AnswerHead): boolean {
  return isPublic(controlOf(headers));
}

/** The request fields by which the origin can confirm a stored answer; undefined if it has no validator of the origin's own. */
export function validatorsOf(headers: AnswerHeaderFields): Readonly<Record<string, string>> | undefined {
  const etag = fieldOf(headers, 'etag');
  if (etag !== undefined && !isOwnEtag(etag)) return { 'if-none-match': etag };
  const modified = fieldOf(headers, 'last-modified');
  return modified === undefined ? undefined : { 'if-modified-since': modified };
}

/** Fields that describe the stored bytes: a 304 does not change them (RFC 9111, section 3.2). */
const ofStoredBytes: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
]);

/** The head of a stored answer that a 304 has confirmed. It is as old as the 304, unless that has an age or a date of its own. */
export function confirmed(stored: AnswerHeaderFields, by: AnswerHeaderFields): AnswerHeaderFields {
  const { date: _, age: __, ...kept } = stored;
  const news = Object.entries(by).filter(([name]) => !ofStoredBytes.has(name));
  return { ...kept, ...Object.fromEntries(news) };
}

function hasValidator(headers: AnswerHeaderFields): boolean {
  return validatorsOf(headers) !== undefined;
}

function isUnderstood(status: number): boolean {
  return storableByDefault.has(status) || storableIfStated.has(status);
}

/** Whether two requests have the same credentials; unknown ones are different. */
function haveSameCredentials(one: AskedRequest | undefined, other: AskedRequest): boolean {
  if (one === undefined) return false;
  const names = new Set([...Object.keys(one.headers ?? {}), ...Object.keys(other.headers ?? {})]);
  const text = (value: string | readonly string[] | undefined) => JSON.stringify(value ?? null);
  return [...names].every(
    (name) =>
      (ruleOf(name) !== 'credential' && !mayIdentify(name)) ||
      text(one.headers?.[name]) === text(other.headers?.[name]),
  );
}
