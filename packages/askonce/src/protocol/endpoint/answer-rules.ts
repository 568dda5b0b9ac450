/**
 * What may become of an endpoint's answer: RFC 9111 for a shared cache.
 */
import type { AnswerHead, AnswerHeaderFields, AnswerRules } from '../answer-rules.ts';
import { hopByHopHeaders } from '../headers.ts';
import { type AnswerControl, answerControl } from './answer-control.ts';
import { fieldOf, initialAge, lifetimeOf, staleUse, statedLifetime } from './lifetime.ts';
import { keyedNames, withNames } from './request-body.ts';
import { varyNames, varyValues } from './vary.ts';

/** Statuses whose answers may be stored without a lifetime of their own (RFC 9110, section 15.1), as far as they are successes. */
const storableByDefault: ReadonlySet<number> = new Set([200, 203, 204]);
/** A part is no whole answer. */
const partial = 206;
/** Statuses that answer a condition or a range of the one request: they say nothing to another. */
const ofOneRequest: ReadonlySet<number> = new Set([206, 304, 412, 416, 417, 421, 426]);

function controlOf(headers: AnswerHeaderFields): AnswerControl {
  return answerControl(fieldOf(headers, 'cache-control') ?? '');
}

/** Whether the answer is for one reader alone, by its own word. */
function isForOne({ headers }: AnswerHead, control: AnswerControl, isUnderstood: boolean): boolean {
  const isNoStore = control.noStore && !(control.mustUnderstand && isUnderstood);
  return (
    isNoStore ||
    control.noCache ||
    control.private ||
    (control.mustUnderstand && !isUnderstood) ||
    // What sets a cookie is made for one reader, unless it says otherwise; then it is stored without the cookie.
    (headers['set-cookie'] !== undefined && !control.public) ||
    varyNames(headers) === '*'
  );
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299 && status !== partial;
}

export const endpointRules: AnswerRules = {
  // A recipient with a clock adds what the origin left out (RFC 9110, section 6.6.1).
  received: (headers, now) =>
    headers['date'] === undefined ? { ...headers, date: new Date(now).toUTCString() } : headers,

  recorded(headers) {
    const { withheld } = controlOf(headers);
    const ofConnection = (fieldOf(headers, 'connection') ?? '').toLowerCase().split(/[\t ,]+/);
    const isLeftOut = (name: string) =>
      hopByHopHeaders.has(name) ||
      name === 'set-cookie' ||
      name === 'age' ||
      name === 'cache-status' ||
      ofConnection.includes(name) ||
      withheld.includes(name);
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
    if (!isSuccess(status) || isForOne(answer, control, storableByDefault.has(status))) return undefined;
    const { defaults = {} } = directives;
    const unstated = storableByDefault.has(status) ? defaults.ttl : undefined;
    const fresh = statedLifetime(headers, control, began) ?? unstated ?? 0;
    const lifetime = lifetimeOf(fresh, initialAge(headers, began), staleUse(control, defaults));
    return lifetime.expires > 0 ? lifetime : undefined;
  },

  mayShare(answer, leading, wanted) {
    const { status, headers } = answer;
    const control = controlOf(headers);
    if (ofOneRequest.has(status) || isForOne(answer, control, true)) return false;
    // An answer that is stale when it comes answers no other request.
    if (control.sharedMaxAge === 0 || (control.sharedMaxAge === undefined && control.maxAge === 0))
      return false;
    const names = varyNames(headers);
    if (names === '*') return false;
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
    if (names === '*' || names.length === 0) return undefined;
    const keyed = keyedNames(request);
    return names.every((name) => keyed.has(name)) ? undefined : withNames(request, names);
  },
};
