/**
 * `POST /cache/feedback`: a verdict on a semantic hit, by the credential that got it or by an operator.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AskonceError, type Cache } from 'askonce';
import { commonHeaders, headerRules } from 'askonce/gateway-kit';
import { addressOf, type RateLimit, rateCount } from '../security/rate.ts';
import { answering, type Call, type CallContext } from './answering.ts';
import { keyCheck } from './caller.ts';
import { readJson } from './json.ts';
import type { AdminHandler } from './listener.ts';
import { type Listener, parse } from './route.ts';
import { feedback } from './verdict.ts';

const feedbackPath = '/cache/feedback';

/** Feedback that one address may send. */
const usual: RateLimit = { burst: 20, everyMs: 100 };

export interface FeedbackOptions {
  readonly cache: Pick<Cache, 'feedback'>;
  /** The admin key; undefined if there is none. */
  readonly key: string | undefined;
  readonly proxy: CallContext;
  /** Default: bursts of 20, then 10 a second. */
  readonly limit?: RateLimit | undefined;
}

/** Handles feedback on a listener. Beyond this machine the admin key has no effect on the main port. */
export type FeedbackCalls = (listener: Listener) => AdminHandler;

export function isFeedback({ url = '' }: IncomingMessage): boolean {
  return url === feedbackPath || url.startsWith(`${feedbackPath}?`);
}

export function feedbackCalls({ cache, key, proxy, limit = usual }: FeedbackOptions): FeedbackCalls {
  const count = rateCount(limit, proxy.clock);
  const hasKey = key === undefined ? () => false : keyCheck(key);

  async function answer(
    listener: Listener,
    request: IncomingMessage,
    response: ServerResponse,
    { requestId, errorHeaders }: Call,
  ): Promise<unknown> {
    if (request.method !== 'POST') {
      errorHeaders['allow'] = 'POST';
      throw new AskonceError('method_not_allowed', 'Method not allowed; use POST.');
    }
    const address = addressOf(request);
    const retryAfter = count.secondsUntilFree(address);
    if (retryAfter > 0) {
      errorHeaders['retry-after'] = String(retryAfter);
      throw new AskonceError('feedback_limited', `Too much feedback; try again in ${retryAfter} s.`);
    }
    count.add(address);
    const isAdmin = listener !== 'public' && hasKey(request);
    const refused = () => {
      errorHeaders['www-authenticate'] = 'Bearer';
      return unauthorized(listener);
    };
    if (!isAdmin && listener === 'admin') throw refused();
    const given = parse(feedback, await readJson(request, response, proxy, true), 'invalid_feedback');
    const headers = isAdmin ? undefined : request.headers;
    const result = await cache.feedback({ ...given, headers }).catch((error: unknown) => {
      // A provider may ask for no credential; elsewhere, one that is missing is the reason.
      if (isForbidden(error) && !bringsCredential(request)) throw refused();
      throw error;
    });
    if (isAdmin)
      proxy.log.audit('feedback was given', { verdict: given.verdict, by: 'admin', address, requestId });
    return { blocked: result.blocked };
  }

  return (listener) => (request, response) =>
    answering({ request, response }, proxy, (call) => answer(listener, request, response, call));
}

function isForbidden(error: unknown): boolean {
  return AskonceError.isInstance(error) && error.code === 'feedback_forbidden';
}

const ruleOf = headerRules(commonHeaders);

function bringsCredential({ headers }: IncomingMessage): boolean {
  return Object.keys(headers).some((name) => ruleOf(name) === 'credential');
}

function unauthorized(listener: Listener): AskonceError {
  return new AskonceError(
    'feedback_unauthorized',
    listener === 'admin'
      ? 'Feedback needs the admin key here; send "Authorization: Bearer KEY" (adminKey).'
      : 'Feedback needs the credential that got the hit; send the headers of that request.',
  );
}
