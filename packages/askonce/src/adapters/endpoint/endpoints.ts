/**
 * An HTTP endpoint behind the cache, for the adapters of frameworks: which requests it answers, how, and what writes
 * invalidate.
 */
import { inOnePiece } from '../../body/in-one-piece.ts';
import { passThrough } from '../../body/pass-through.ts';
import type { Cache } from '../../contract.ts';
import type { Reply } from '../../engine/reply.ts';
import type { Recording } from '../../entry/entry.ts';
import { AskonceError, errorType } from '../../errors.ts';
import type { Provider, ProviderAnswer } from '../../flight/provider.ts';
import type { CacheRequest, HeaderFields } from '../../identity/request.ts';
import { provideProtocol } from '../../protocol/adapter-protocols.ts';
import { confirmed, validatorsOf } from '../../protocol/endpoint/answer-rules.ts';
import { endpoint } from '../../protocol/endpoint/protocol.ts';
import { recentMap } from '../../recent-map.ts';
import { eventTags } from '../invalidate-on.ts';
import { checkOptions } from './checked-options.ts';
import type {
  EndpointCache,
  EndpointOptions,
  EndpointReply,
  EndpointRequest,
  EndpointRole,
  HandlerCall,
  RunHandler,
} from './contract.ts';
import { endpointError, endpointReply, leave } from './endpoint-reply.ts';
import { learned } from './learned.ts';
import { isOddTarget, questionOf, targetOf } from './question.ts';
import { routeName } from './route-name.ts';
import { routesOf } from './routes.ts';
import { type SentHead, sentHeads } from './sent-heads.ts';
import { wholeAnswer } from './whole-answer.ts';
import { invalidatedTags } from './writes.ts';

/** Methods that are defined to change nothing, and whose answers are not cached. */
const otherSafeMethods: ReadonlySet<string> = new Set([
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'REPORT',
  'SEARCH',
  'QUERY',
]);
/**
 * A request with one of these asks for a part of the answer (of events, what comes after the last that it has), for a condition that only
 * the handler can check, or for no answer of HTTP.
 */
const passingHeaders = [
  'range',
  'if-range',
  'if-match',
  'if-unmodified-since',
  'last-event-id',
  'expect',
  'upgrade',
] as const;

/** Routes whose trouble has been reported. */
const maxWarned = 1_000;

/**
 * Puts the routes of an application behind a cache. `options` are those of all routes, and of each in `routes`.
 * @throws AskonceError `invalid_settings` for an option that is wrong or does not exist.
 */
export function endpointCache<Raw>(cache: Cache, options: EndpointOptions<Raw> = {}): EndpointCache<Raw> {
  checkOptions(options);
  provideProtocol(endpoint);
  const routes = routesOf(options, (types) => eventTags(cache, types));
  const knowledge = learned(cache);
  const validates = options.etag !== false;
  const warned = recentMap<true>(maxWarned);
  const heads = sentHeads({
    cache,
    onRefused: knowledge.refuse,
    onTrouble: (route, error) =>
      warn(`could not remove an answer of ${route} that is for one client alone`, error),
  });

  function routeOf({ url, route }: EndpointRequest<Raw>) {
    return routes.routeOf('GET', route, targetOf(url).path);
  }

  function roleOf(request: EndpointRequest<Raw>): EndpointRole {
    const { method, headers } = request;
    if (method !== 'GET' && method !== 'HEAD') return otherSafeMethods.has(method) ? 'passes' : 'writes';
    if (passingHeaders.some((name) => headers[name] !== undefined) || hasBody(headers)) return 'passes';
    if (isOddTarget(request)) return 'passes';
    return routeOf(request).options === false ? 'passes' : 'reads';
  }

  /** The handler as the cache calls it. */
  function providerOf({ run, head }: Answering, call: HandlerCall): Provider {
    return async (asked, signal, stored) => {
      const conditions = stored && validatorsOf(stored.headers);
      const given = await running(run, signal, { ...call, conditions });
      const answer =
        stored !== undefined && conditions !== undefined && given.status === 304
          ? confirmedAnswer(stored, given)
          : await wholeAnswer(given, validates);
      knowledge.note(asked, answer);
      return head?.().watched(asked, answer, call.behind) ?? answer;
    };
  }

  async function ask(request: EndpointRequest<Raw>, by: Answering): Promise<Reply> {
    const route = routeOf(request);
    const target = targetOf(request.url);
    const { signal } = request;
    const question = async () =>
      await questionOf(request, target, route, {
        vary: await knowledge.namesOf(route.pattern, route.hasPattern),
        isPublic: knowledge.isPublic,
      });
    const provider = providerOf(by, { behind: false });
    const refreshProvider = providerOf(by, { behind: true });
    const asked = await question();
    if (request.method === 'HEAD') return await cache.ask(onlyStored(asked), provider, { signal });
    const alone = knowledge.isUnshared(asked);
    try {
      const options = { signal, refreshProvider, alone, rejectsUnshared: true };
      const reply = await cache.ask(asked, provider, options);
      // A stale answer in place of the handler's failure is a hit of the request whose own head is awaited.
      const isHit = reply.cacheStatus.kind === 'hit' && !by.isWatched();
      const sharing = isHit ? heads.undecided(asked) : undefined;
      if (sharing === undefined) return reply;
      await sharing.decided;
      if (!sharing.isRefused()) return reply;
      leave(reply.body);
    } catch (error) {
      if (!AskonceError.isInstance(error) || error.code !== 'not_shared') throw error;
    }
    // What the answer has shown meanwhile may make it another question, whose answer can be shared.
    const again = await question();
    return await cache.ask(again, provider, { signal, refreshProvider, alone: again.body === asked.body });
  }

  async function answer(request: EndpointRequest<Raw>, run: RunHandler): Promise<EndpointReply> {
    let hasRun = false;
    const once: RunHandler = (signal, call) => {
      hasRun ||= !call.behind;
      return run(signal, call);
    };
    let head: SentHead | undefined;
    /** Whether no reply of the cache will have a head to report: a run whose client has left goes on for others. */
    let isOver = false;
    const headOf = () => {
      if (head !== undefined) return head;
      head = heads.headOf(routeOf(request).pattern);
      if (isOver) head.sent(undefined);
      return head;
    };
    const by: Answering = {
      run: once,
      head: request.reportsHead ? headOf : undefined,
      isWatched: () => head !== undefined,
    };
    try {
      const reply = await ask(request, by);
      const answered = endpointReply(request, reply, validates);
      if (head !== undefined) return { ...answered, head };
      // The refresh of a stale answer is made for this client, too.
      const isRefreshed = reply.cacheStatus.kind === 'hit' && reply.cacheStatus.ttl < 0;
      if (isRefreshed && by.head !== undefined) return { ...answered, head: by.head() };
      isOver = true;
      return answered;
    } catch (error) {
      isOver = true;
      head?.sent(undefined);
      const failure = ownFailure(error);
      if (failure !== undefined) throw failure.thrown;
      if (request.signal?.aborted || hasRun) throw error;
      const isNotCached = AskonceError.isInstance(error) && error.code === 'not_cached';
      if (isNotCached && saysOnlyIfCached(request.headers)) return endpointError(error);
      if (isNotCached) return endpointReply(request, await direct(request, run, 'miss'), validates);
      const detail = errorType(error);
      warnOnce(routeOf(request).pattern, error);
      return endpointReply(request, await direct(request, run, 'bypass', detail), validates);
    }
  }

  /** A route whose own functions fail is never cached, and its operator has to learn of it; what they threw may hold anything. */
  function warnOnce(route: string, error: unknown): void {
    const name = routeName(route);
    if (warned.has(name) || (AskonceError.isInstance(error) && error.code === 'closed')) return;
    warned.set(name, true);
    const why = AskonceError.isInstance(error) ? error.message : `its options threw ${errorType(error)}`;
    process.emitWarning(`askonce does not cache ${route}: ${why}`, { code: 'ASKONCE_ENDPOINT' });
  }

  function warn(what: string, error: unknown): void {
    process.emitWarning(`askonce ${what}: ${errorType(error)}`, { code: 'ASKONCE_ENDPOINT' });
  }

  return {
    roleOf,
    answer,
    async wrote(request, { status, headers }) {
      if (status < 200 || status > 399) return;
      const tags = invalidatedTags(routes, request, headers);
      if (tags.length > 0) await cache.invalidate({ tags: [...tags] });
    },
  };
}

interface Answering {
  readonly run: RunHandler;
  /** The head of the client's reply; undefined if the adapter does not report it. */
  readonly head: (() => SentHead) | undefined;
  /** Whether a run has answered for this client. */
  isWatched(): boolean;
}

/** What handlers of this process have failed with. */
const thrownByHandlers = new WeakSet<object>();

async function running(run: RunHandler, signal: AbortSignal, call: HandlerCall): Promise<ProviderAnswer> {
  try {
    return await run(signal, call);
  } catch (error) {
    if (typeof error === 'object' && error !== null) thrownByHandlers.add(error);
    throw error;
  }
}

/** A handler's failure, which is the framework's to answer, as it was thrown. */
function ownFailure(error: unknown): { readonly thrown: unknown } | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if (thrownByHandlers.has(error)) return { thrown: error };
  const isCarrier = AskonceError.isInstance(error) && error.code.startsWith('provider_');
  return isCarrier && error.cause !== undefined ? { thrown: error.cause } : undefined;
}

/** The stored answer, which the origin has confirmed. */
function confirmedAnswer({ status, headers, body }: Recording, by: ProviderAnswer): ProviderAnswer {
  by.body[Symbol.asyncIterator]()
    .return?.()
    ?.catch(() => {});
  return {
    status,
    headers: { 'content-length': `${body.length}`, ...confirmed(headers, by.headers) },
    body: inOnePiece(body),
  };
}

/** The handler's answer, past the cache. */
async function direct(
  { signal }: EndpointRequest<unknown>,
  run: RunHandler,
  reason: 'miss' | 'bypass',
  detail?: string,
): Promise<Pick<Reply, 'status' | 'headers' | 'body' | 'cacheStatus'>> {
  const answer: ProviderAnswer = await run(signal ?? new AbortController().signal, { behind: false });
  return {
    status: answer.status,
    headers: answer.headers,
    body: passThrough(answer.body, { left() {}, over() {}, asError: asError }),
    cacheStatus: { kind: 'forward', reason, detail },
  };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('the handler has failed', { cause: thrown });
}

function onlyStored(request: CacheRequest): CacheRequest {
  return { ...request, directives: { ...request.directives, onlyIfCached: true } };
}

function saysOnlyIfCached(headers: HeaderFields): boolean {
  return /(?:^|[\s,])only-if-cached(?:$|[\s,])/i.test(String(headers['cache-control'] ?? ''));
}

function hasBody(headers: HeaderFields): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}
