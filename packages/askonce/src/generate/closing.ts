/**
 * Closing a missed request: exactly one `answered` follows its `miss`, whatever becomes of it.
 *
 * A flight's answer has ended when the flight lands, and not when the request's reader has read it: only then is known
 * what it used, and a reader may leave, or never come.
 */
import type { Awaitable } from '../clock.ts';
import { type Ask, lookupTimes, report } from '../engine/ask.ts';
import { type Engine, isObserved } from '../engine/engine.ts';
import type { Reply } from '../engine/reply.ts';
import type { Flight } from '../flight/flight.ts';
import type { RequestEvent } from '../observe/events.ts';

/** How a missed request has ended. */
export type Ending = Omit<Extract<RequestEvent, { readonly type: 'answered' }>, 'type' | 'durationMs'>;

/** A reply to a missed request, and how that request ends. */
export interface Answer {
  readonly reply: Reply;
  /** Called once, at most, and only if an observer listens. Never rejects. */
  readonly ending: () => Awaitable<Ending>;
}

/** A reply that comes from a flight. */
export interface AnswerOfFlight extends Answer {
  readonly flight: Flight;
  /** Whether the request leads the flight. */
  readonly leads: boolean;
}

/** Closes a request whose caller has left while it was looked up: there is no outcome, and it gets no answer. */
export function closedUnanswered(engine: Engine, ask: Ask): void {
  report(engine, ask, { type: 'miss', reason: 'abandoned', ...lookupTimes(engine, ask) });
  const durationMs = engine.clock.monotonic() - ask.started;
  report(engine, ask, { type: 'answered', by: 'none', durationMs });
}

/** Replies with what `answer` comes to, and reports how that ends. `answer` is called at once. */
export async function closed(
  engine: Engine,
  ask: Pick<Ask, 'identity' | 'request' | 'requestId' | 'started'>,
  answer: () => Promise<Answer>,
): Promise<Reply> {
  if (!isObserved(engine, 'answered')) return (await answer()).reply;
  const { clock } = engine;
  const ended = (ending: Ending) =>
    report(engine, ask, { type: 'answered', durationMs: clock.monotonic() - ask.started, ...ending });
  let answered: Answer;
  try {
    answered = await answer();
  } catch (error) {
    ended({ by: 'none' });
    throw error;
  }
  // Not awaited: the answer may be far from its end.
  void (async () => ended(await answered.ending()))();
  return answered.reply;
}

/** The reply of a flight to a request that leads it, or follows. */
export function fromFlight(
  { identity }: Pick<Ask, 'identity'>,
  flight: Flight,
  reply: Reply,
  leads: boolean,
): AnswerOfFlight {
  // Another process, or an entry, has answered what was to be led here.
  const by = () => (leads && flight.relayed === undefined ? 'call' : 'flight');

  async function ending(): Promise<Ending> {
    try {
      const landing = await flight.landing;
      if (!leads) identity.learnLanguage(flight.plan.language());
      const { usage, model } = flight.assessed(landing) ?? {};
      return { by: by(), status: landing.head.status, usage, model };
    } catch {
      // A call whose caller left, and that was cancelled for it, was made all the same.
      return by() === 'call' && flight.isAbandoned ? { by: 'call', status: reply.status } : { by: 'none' };
    }
  }

  return { reply, ending, flight, leads };
}
