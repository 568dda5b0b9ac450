/**
 * `GET /cache/stream/{key}`: the answer under a key, from its flight or its entry, for a credential that may be served it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AskonceError, type Cache, type Subscription } from 'askonce';
import { builtInProtocol, readControls } from 'askonce/gateway-kit';
import { ClientSignal } from '../proxy/client-signal.ts';
import type { ProxyContext } from '../proxy/context.ts';
import { writeReply } from '../proxy/reply.ts';
import { type RateLimit, rateCount } from '../security/rate.ts';
import type { Access } from './access.ts';
import { answering, type Call, type CallContext } from './answering.ts';
import type { AdminHandler } from './listener.ts';

const streamPath = '/cache/stream/';

/** Subscriptions that one address may begin. */
const usual: RateLimit = { burst: 20, everyMs: 100 };

export interface SubscriptionOptions {
  readonly cache: Pick<Cache, 'subscribe'>;
  readonly clientAddress: Access['addressOf'];
  readonly proxy: CallContext & Pick<ProxyContext, 'trustsHeaders'>;
  /** Default: bursts of 20, then 10 a second. */
  readonly limit?: RateLimit | undefined;
}

export function isSubscription({ url = '' }: IncomingMessage): boolean {
  return url.startsWith(streamPath);
}

/** Handles subscriptions on the main port. No key of an admin call has an effect: the caller is the client. */
export function subscriptionCalls({
  cache,
  clientAddress,
  proxy,
  limit = usual,
}: SubscriptionOptions): AdminHandler {
  const { clock, log, replies, traffic, trustsHeaders } = proxy;
  const count = rateCount(limit, clock);

  async function find(
    request: IncomingMessage,
    response: ServerResponse,
    { errorHeaders, line }: Call,
  ): Promise<Subscription> {
    if (request.method !== 'GET') {
      errorHeaders['allow'] = 'GET';
      throw new AskonceError('method_not_allowed', 'Method not allowed; use GET.');
    }
    const address = clientAddress(request);
    line['address'] = address;
    const retryAfter = count.secondsUntilFree(address);
    if (retryAfter > 0) {
      errorHeaders['retry-after'] = String(retryAfter);
      throw new AskonceError('stream_limited', `Too many calls; try again in ${retryAfter} s.`);
    }
    count.add(address);
    const { headers } = request;
    const { context, directives } = readControls(headers, trustsHeaders);
    const found = await cache.subscribe(keyOf(request), {
      headers,
      context,
      lastEventId: directives.lastEventId,
      eventIds: directives.eventIds,
      signal: new ClientSignal(response, clock).signal,
    });
    if (found !== undefined) return found;
    throw new AskonceError(
      'entry_unknown',
      'There is no answer under this key that this caller may be served; send the key (Askonce-Key), the credential and the Askonce-* headers of one request.',
    );
  }

  function send(response: ServerResponse, { protocol: name, reply }: Subscription, line: Call['line']): void {
    const protocol = builtInProtocol(name);
    if (protocol === undefined) throw new TypeError(`no protocol of the gateway: ${name}`);
    const { requestId } = reply;
    // Without this an answer to GET could be stored on the way, and served to another credential.
    const headers = {
      ...reply.headers,
      'x-request-id': requestId,
      'cache-control': 'no-store, no-transform',
    };
    traffic.begin();
    writeReply(
      response,
      { ...reply, headers },
      {
        protocol,
        closes: traffic.draining,
        ended(error) {
          traffic.end();
          if (error === undefined) {
            log.called('GET /cache/stream/{key}', { status: reply.status, requestId, ...line });
            return;
          }
          const gone = response.destroyed;
          replies.adminFailed(error, gone);
          log.failed(streamPath, requestId, error, gone, line);
        },
      },
    );
  }

  return (request, response) => {
    let line: Call['line'] = {};
    answering(
      { request, response },
      proxy,
      (call) => {
        line = call.line;
        return find(request, response, call);
      },
      (_, subscription) => send(response, subscription, line),
    );
  };
}

/** The path after the call's own, decoded; admission has refused paths that cannot be decoded. */
function keyOf({ url = '' }: IncomingMessage): string {
  const [path = ''] = url.split('?', 1);
  try {
    return decodeURIComponent(path.slice(streamPath.length));
  } catch {
    return '';
  }
}
