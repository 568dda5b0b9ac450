/**
 * `POST /cache/feedback`: a verdict on a semantic hit, by the credential that got it or by an operator.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AskonceError, type Cache } from 'askonce';
import { commonHeaders, headerRules } from 'askonce/gateway-kit';
import { type RateLimit, rateCount } from '../security/rate.ts';
import type { Access } from './access.ts';
import { answering, type Call, type CallContext } from './answering.ts';
import type { Audit } from './audit.ts';
import { admitted, type Caller, forbidden, isRefusal, lineOf, type Refusal, type Role } from './caller.ts';
import { readJson } from './json.ts';
import type { AdminHandler } from './listener.ts';
import { type Listener, parse } from './route.ts';
import { feedback } from './verdict.ts';

const feedbackPath = '/cache/feedback';

/** The roles whose feedback counts as an operator's. */
const judging: readonly Role[] = ['operator', 'admin'];

/** Feedback that one address may send. */
const usual: RateLimit = { burst: 20, everyMs: 100 };

export interface FeedbackOptions {
  readonly cache: Pick<Cache, 'feedback'>;
  /** Who may give feedback as an operator; undefined if there are no admin calls. */
  readonly access: Pick<Access, 'known'> | undefined;
  readonly clientAddress: Access['addressOf'];
  readonly audit: Audit;
  readonly proxy: CallContext;
  /** Default: bursts of 20, then 10 a second. */
  readonly limit?: RateLimit | undefined;
}

/** Handles feedback on a listener. Beyond this machine admin keys have no effect on the main port. */
export type FeedbackCalls = (listener: Listener) => AdminHandler;

export function isFeedback({ url = '' }: IncomingMessage): boolean {
  return url === feedbackPath || url.startsWith(`${feedbackPath}?`);
}

export function feedbackCalls({
  cache,
  access,
  clientAddress,
  audit,
  proxy,
  limit = usual,
}: FeedbackOptions): FeedbackCalls {
  const count = rateCount(limit, proxy.clock);

  async function answer(
    listener: Listener,
    request: IncomingMessage,
    response: ServerResponse,
    { requestId, errorHeaders, line }: Call,
  ): Promise<unknown> {
    if (request.method !== 'POST') {
      errorHeaders['allow'] = 'POST';
      throw new AskonceError('method_not_allowed', 'Method not allowed; use POST.');
    }
    const address = clientAddress(request);
    line['address'] = address;
    const retryAfter = count.secondsUntilFree(address);
    if (retryAfter > 0) {
      errorHeaders['retry-after'] = String(retryAfter);
      throw new AskonceError('feedback_limited', `Too much feedback; try again in ${retryAfter} s.`);
    }
    count.add(address);
    const found = listener === 'public' ? undefined : await access?.known(request);
    // On the main port the credential may be a provider's own.
    if (listener === 'admin' && found !== undefined && !isUnauthorized(found)) admitted(found, errorHeaders);
    const caller = found === undefined || isRefusal(found) ? undefined : found;
    if (caller !== undefined) {
      Object.assign(line, lineOf(caller));
      if (!judging.includes(caller.role)) admitted(forbidden(caller.role, judging), errorHeaders);
    }
    const refused = () => {
      errorHeaders['www-authenticate'] = 'Bearer';
      return unauthorized(listener);
    };
    if (caller === undefined && listener === 'admin') throw refused();
    const given = parse(feedback, await readJson(request, response, proxy, true), 'invalid_feedback');
    const headers = caller === undefined ? request.headers : undefined;
    const result = await cache.feedback({ ...given, headers }).catch((error: unknown) => {
      // A provider may ask for no credential; elsewhere, one that is missing is the reason.
      if (isForbidden(error) && !bringsCredential(request)) throw refused();
      throw error;
    });
    if (caller !== undefined)
      await audit({ caller, requestId }, 'feedback was given', { verdict: given.verdict });
    proxy.log.called(`POST ${feedbackPath}`, { status: 200, requestId, ...line, verdict: given.verdict });
    return { blocked: result.blocked };
  }

  return (listener) => (request, response) =>
    answering({ request, response }, proxy, (call) => answer(listener, request, response, call));
}

function isUnauthorized(found: Caller | Refusal): boolean {
  return isRefusal(found) && found.error.code === 'admin_unauthorized';
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
