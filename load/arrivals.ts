/**
 * Requests that arrive at a constant rate, whether earlier ones are answered or not, as those of many independent users do.
 * A client that waits for each answer before it sends the next slows down with the server, and so never sees the worst:
 * here each time counts from the instant at which the request was due.
 */
import { setTimeout } from 'node:timers/promises';

interface Arrived<Answer> {
  /** Number of the request. */
  readonly n: number;
  readonly answer: Answer;
  readonly ms: number;
}

export interface Arrivals<Answer> {
  readonly answers: readonly Arrived<Answer>[];
  /** Requests that were not sent, because so many were open already. */
  readonly unsent: number;
}

/** No more are sent to a server that is behind by so many: the memory of the client is bounded. */
const mostOpen = 5000;

/** @param ask sends request number `n`; it does not reject */
export async function arriving<Answer>(
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
  ask: (n: number) => Promise<Answer>,
): Promise<Arrivals<Answer>> {
  const total = perSecond * seconds;
  const answers: Arrived<Answer>[] = [];
  const open = new Set<Promise<void>>();
  let unsent = 0;
  const start = performance.now();

  async function send(n: number, dueAt: number): Promise<void> {
    const answer = await ask(n);
    answers.push({ n, answer, ms: performance.now() - dueAt });
  }

  for (let n = 0; n < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * perSecond) + 1);
    for (; n < due; n += 1) {
      if (open.size >= mostOpen) {
        unsent += 1;
        continue;
      }
      const sent = send(n, start + (n / perSecond) * 1000).finally(() => open.delete(sent));
      open.add(sent);
    }
    await setTimeout(1);
  }
  await Promise.all(open);
  return { answers, unsent };
}
