/**
 * Heads as clients are sent them. Middleware and hooks may set a cookie while the head is being sent, as sessions do, when the
 * cache has the answer already. A body that was made for a new session is then for that client alone: a form in it may
 * hold the session's token.
 */
import { type Clock, systemClock } from '../../clock.ts';
import type { Cache } from '../../contract.ts';
import type { ProviderAnswer, Sharing } from '../../flight/provider.ts';
import type { CacheRequest } from '../../identity/request.ts';
import { becameForOne, endpointRules } from '../../protocol/endpoint/answer-rules.ts';
import { recentMap } from '../../recent-map.ts';
import type { HeadReport } from './contract.ts';
import { routeName } from './route-name.ts';

type Fields = ProviderAnswer['headers'];

/** Routes that are remembered, because an answer of theirs was for one client by the head that was sent. */
const maxHeld = 1_000;
/** So many heads in a row that add nothing let a route's answers be stored before they are sent again. */
const cleanHeads = 100;

/** Answers that may wait at a time to be stored; beyond that the oldest is not stored. */
const maxWaiting = 1_000;
/**
 * Milliseconds after which a head that has not been reported is waited for no more: middleware may have put another response
 * in the place of this one, which then is never sent.
 */
const longestWaitMs = 30_000;

/** The head of one client's reply. */
export interface SentHead extends HeadReport {
  /** The answer of a run for this client, as the cache gets it. `behind`: the client has its reply already, or is getting it. */
  watched(request: CacheRequest, answer: ProviderAnswer, behind: boolean): ProviderAnswer;
}

export interface SentHeads {
  /** @param route its pattern */
  headOf(route: string): SentHead;
  /** Whether an answer to the question is shared that may be stored already, and whose head has not been sent. Undefined: there is none. */
  undecided(request: CacheRequest): Sharing | undefined;
}

interface Run {
  readonly request: CacheRequest;
  readonly came: ProviderAnswer;
  readonly sharing: Decision;
  /** Whether it is stored only once the head is known. */
  readonly waits: boolean;
  readonly behind: boolean;
}

export interface SentHeadsOptions {
  readonly cache: Cache;
  /** Called for a question whose answer was for one client alone. */
  readonly onRefused: (request: CacheRequest) => void;
  /** Called if an answer that is for one client alone could not be removed from the store. */
  readonly onTrouble: (route: string, error: unknown) => void;
  /** Default: the machine's own time. */
  readonly clock?: Clock | undefined;
}

export function sentHeads(options: SentHeadsOptions): SentHeads {
  const { cache, onRefused, onTrouble, clock = systemClock } = options;
  const held = recentMap<{ clean: number }>(maxHeld);
  const undecided = new Map<string, Sharing>();

  /** A server that loses a response may never send its head. */
  const waiting = new Set<Decision>();

  function wait(sharing: Decision): void {
    waiting.add(sharing);
    void sharing.decided.then(() => waiting.delete(sharing));
    const [oldest] = waiting;
    if (waiting.size > maxWaiting) oldest?.settle();
  }

  /** Other requests wait for the decision, if they find the answer in the store. */
  function note({ request, came, sharing }: Run): void {
    const body = endpointRules.restated(came, request);
    const names = [nameOf(request), ...(body === undefined ? [] : [nameOf({ ...request, body })])];
    for (const name of names) undecided.set(name, sharing);
    void sharing.decided.then(() => {
      for (const name of names) if (undecided.get(name) === sharing) undecided.delete(name);
    });
  }

  /** Removes the answer, also one that is still being stored: it is older than the removal. */
  async function remove(route: string, { request, came }: Run): Promise<void> {
    try {
      const body = endpointRules.restated(came, request);
      const asked = body === undefined ? [request] : [request, { ...request, body }];
      const explained = await Promise.all(asked.map((one) => cache.explain(one)));
      const keys = explained.flatMap((one) => ('key' in one ? [one.key] : []));
      if (keys.length > 0) await cache.invalidate({ keys });
    } catch (error) {
      onTrouble(route, error);
    }
  }

  return {
    undecided: (request) => (undecided.size === 0 ? undefined : undecided.get(nameOf(request))),
    headOf(route) {
      const name = routeName(route);
      const runs: Run[] = [];
      let sent: { readonly headers: Fields | undefined } | undefined;

      function decide(run: Run, headers: Fields | undefined): void {
        const { sharing, came, request, waits } = run;
        if (sharing.isFinal()) return;
        const isForOne = headers === undefined ? waits : becameForOne(came, headers);
        if (!isForOne) {
          sharing.accept();
          return;
        }
        const mayBeStored = sharing.refuse();
        if (headers !== undefined) held.set(name, { clean: 0 });
        onRefused(request);
        if (mayBeStored) void remove(route, run).then(() => sharing.settle());
        else sharing.settle();
      }

      function countClean(headers: Fields): void {
        const known = held.get(name);
        if (known === undefined || runs.some(({ came }) => becameForOne(came, headers))) return;
        known.clean += 1;
        if (known.clean >= cleanHeads) held.delete(name);
      }

      return {
        get isAwaited() {
          return runs.some(({ waits, behind }) => waits && !behind);
        },
        sent(headers) {
          const isFirst = sent?.headers === undefined;
          sent = { headers };
          for (const run of runs) decide(run, headers);
          if (isFirst && headers !== undefined && runs.length > 0) countClean(headers);
        },
        watched(request, came, behind) {
          const waits = behind || held.get(name) !== undefined;
          const sharing = decision(waits);
          const cancel = clock.schedule(sharing.settle, longestWaitMs);
          void sharing.decided.then(cancel);
          const run = { request, came, sharing, waits, behind };
          runs.push(run);
          const answer = { ...came, sharing };
          // Without a body its end can't wait.
          if (waits && came.status === 204) sharing.settle();
          else if (sent !== undefined) decide(run, sent.headers);
          else if (!waits) note(run);
          if (!waits) return answer;
          wait(sharing);
          return {
            ...answer,
            ...(!behind && { headers: open(came) }),
            body: heldOpen(came.body, sharing.decided),
          };
        },
      };
    },
  };
}

interface Decision extends Sharing {
  /** Whether it is refused, which nothing changes. */
  isFinal(): boolean;
  accept(): void;
  /** Whether the answer may have been stored. */
  refuse(): boolean;
  /** Resolves `decided`. */
  settle(): void;
}

/** @param isRefused until it is accepted. Flights hold it longer than the request, to which it has no reference. */
function decision(isRefused: boolean): Decision {
  const { promise: decided, resolve: settle } = Promise.withResolvers<void>();
  let state: 'open' | 'accepted' | 'refused' = 'open';
  return {
    decided,
    isRefused: () => state === 'refused' || (state === 'open' && isRefused),
    isFinal: () => state === 'refused',
    settle,
    accept() {
      if (state === 'open') state = 'accepted';
      settle();
    },
    refuse() {
      const mayBeStored = state === 'accepted' || !isRefused;
      state = 'refused';
      return mayBeStored;
    },
  };
}

/** The head of a body whose end is held back, which is sent as it comes. */
function open({ headers }: ProviderAnswer): Fields {
  const { 'content-length': _, ...others } = headers;
  return others;
}

/** The body, whose end waits. An early return leaves the handler at once. */
function heldOpen(body: ProviderAnswer['body'], decided: Promise<void>): ProviderAnswer['body'] {
  const pieces = body[Symbol.asyncIterator]();
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const next = await pieces.next();
      if (next.done) await decided;
      return next;
    },
    async return() {
      await pieces.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

function nameOf({ body, context }: CacheRequest): string {
  return `${String(body)} ${context.tenant ?? ''} ${context.user ?? ''}`;
}
