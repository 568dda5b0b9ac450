/**
 * Repeats: the same caller asks the same again at once, as an agent does that did not like the answer (`repeatMs`). It
 * is sent to the provider.
 */

import { hash } from 'node:crypto';
import type { Awaitable } from '../clock.ts';
import { andThen } from '../clock.ts';
import type { Ask } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { storeCall, trouble } from '../engine/store-call.ts';
import type { HeaderFields } from '../identity/request.ts';
import { observeTrouble } from '../observe/report.ts';
import { recentMap } from '../recent-map.ts';

/** The least recently answered is forgotten first. */
const maxRemembered = 50_000;

export interface Repeats {
  /** Whether this caller was given an answer to this question within the last `repeatMs`. Never rejects. */
  isRepeat(ask: Ask): Awaitable<boolean>;
  /** Notes that the caller has been given an answer. Never throws. */
  noteAnswered(ask: Ask): void;
}

export function repeats(engine: Engine): Repeats {
  const { settings, clock } = engine;
  const { marks } = engine.shared;
  /** By caller and question: the instant in ms since the epoch until which asking again is a repeat. */
  const answered = recentMap<number>(maxRemembered);
  const isAhead = (until: number | undefined) => until !== undefined && until > clock.now();

  async function mark(name: string, until: number): Promise<void> {
    try {
      await marks?.put(name, until);
    } catch (error) {
      observeTrouble(engine, 'marks', error);
    }
  }

  return {
    isRepeat(ask) {
      const { headers, directives } = ask.request;
      const { onlyIfCached, warm } = directives;
      // Reading a page again is no sign that it was wrong.
      if (ask.identity.protocol.answers !== undefined) return false;
      if (settings.repeatMs === 0 || onlyIfCached || warm !== undefined || isRetry(headers)) return false;
      const name = nameOf(ask);
      if (isAhead(answered.get(name))) return true;
      if (marks === undefined) return false;
      return andThen(
        storeCall(engine, 'marks', () => marks.get(name), ask.budget),
        (until) => until !== trouble && isAhead(until),
      );
    },
    noteAnswered(ask) {
      // Warming gives the caller no answer.
      if (settings.repeatMs === 0 || ask.request.directives.warm !== undefined) return;
      const name = nameOf(ask);
      const until = clock.now() + settings.repeatMs;
      answered.set(name, until);
      void mark(name, until);
    },
  };
}

/** A client library's own retry says nothing about an answer that it never got. */
function isRetry(headers: HeaderFields): boolean {
  return Number(headers['x-stainless-retry-count'] ?? 0) > 0;
}

function nameOf({ identity }: Ask): string {
  const { credential, user, session, key, form } = identity;
  const caller = JSON.stringify([credential, user ?? null, session ?? null, key, form]);
  return `repeat:${hash('sha256', caller, 'hex').slice(0, 32)}`;
}

/** The same request, to be answered by a call that begins now. */
export function forAnotherAnswer(asked: Ask): Ask {
  const { request } = asked;
  return { ...asked, request: { ...request, directives: { ...request.directives, noCache: true } } };
}
