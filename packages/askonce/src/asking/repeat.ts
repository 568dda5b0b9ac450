/**
 * The same caller asking the same again at once: one who did not like the answer (`repeatMs`).
 */
import { hash } from 'node:crypto';
import type { HeaderFields } from '../identity/request.ts';
import type { Awaitable } from '../store/contract.ts';
import { isPending, tooSlow, within } from '../store/within.ts';
import type { Ask, House } from './ask.ts';

/** Whether this caller was given an answer to this question within the last `repeatMs`, and so is to get another. Never rejects. */
export function isRepeat(house: House, ask: Ask): Awaitable<boolean> {
  const { settings, clock, answered, store } = house;
  const { headers, directives } = ask.request;
  if (settings.repeatMs === 0 || directives.onlyIfCached || isRetry(headers)) return false;
  const name = nameOf(ask);
  if (answered.until(name) > clock.now()) return true;
  const { marks } = store;
  if (marks === undefined) return false;
  const judge = (until: number | undefined) => until !== undefined && until > clock.now();
  try {
    const found = marks.get(name);
    if (!isPending(found)) return judge(found);
    const { storeBudgetMs } = settings;
    return within(clock, storeBudgetMs, found).then(
      (until) =>
        until === tooSlow ? trouble(house, new Error(`took more than ${storeBudgetMs} ms`)) : judge(until),
      (error) => trouble(house, error),
    );
  } catch (error) {
    return trouble(house, error);
  }
}

/** Notes that the caller has been given an answer. Never throws. */
export function noteAnswered(house: House, ask: Ask): void {
  const { settings, clock, answered, store } = house;
  if (settings.repeatMs === 0) return;
  const name = nameOf(ask);
  const until = clock.now() + settings.repeatMs;
  answered.note(name, until);
  const { marks } = store;
  if (marks !== undefined) void put(house, () => marks.put(name, until));
}

async function put(house: House, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    trouble(house, error);
  }
}

/** A client library's own retry is no opinion about an answer that it never got. */
function isRetry(headers: HeaderFields): boolean {
  return Number(headers['x-stainless-retry-count'] ?? 0) > 0;
}

function nameOf({ identity }: Ask): string {
  const { credential, user, session, key, form } = identity;
  const who = JSON.stringify([credential, user ?? null, session ?? null, key, form]);
  return `repeat:${hash('sha256', who, 'hex').slice(0, 32)}`;
}

function trouble({ store, observe }: House, error: unknown): false {
  const message = error instanceof Error ? error.message : 'unknown error';
  observe({ type: 'store-trouble', store: store.name, operation: 'marks', message });
  return false;
}
