/**
 * The same caller asking the same again at once: one who did not like the answer (`repeatMs`).
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Awaitable, isPending, tooSlow, within } from '../clock.ts';
import type { Ask, Engine } from '../engine/ask.ts';
import type { HeaderFields } from '../identity/request.ts';
import { ReportedError } from '../observe/report.ts';

/** Whether this caller was given an answer to this question within the last `repeatMs`, and so is to get another. Never rejects. */
export function isRepeat(engine: Engine, ask: Ask): Awaitable<boolean> {
  const { settings, clock, answered, store } = engine;
  const { headers, directives } = ask.request;
  if (settings.repeatMs === 0 || directives.onlyIfCached || isRetry(headers)) return false;
  const name = nameOf(ask);
  if (answered.until(name) > clock.now()) return true;
  const marks = store.shared?.marks;
  if (marks === undefined) return false;
  const judge = (until: number | undefined) => until !== undefined && until > clock.now();
  try {
    const found = marks.get(name);
    if (!isPending(found)) return judge(found);
    const { storeBudgetMs } = settings;
    return within(clock, storeBudgetMs, found).then(
      (until) =>
        until === tooSlow ? trouble(engine, new Error(`took more than ${storeBudgetMs} ms`)) : judge(until),
      (error) => trouble(engine, error),
    );
  } catch (error) {
    return trouble(engine, error);
  }
}

/** Notes that the caller has been given an answer. Never throws. */
export function noteAnswered(engine: Engine, ask: Ask): void {
  const { settings, clock, answered, store } = engine;
  if (settings.repeatMs === 0) return;
  const name = nameOf(ask);
  const until = clock.now() + settings.repeatMs;
  answered.note(name, until);
  const marks = store.shared?.marks;
  if (marks !== undefined) void put(engine, () => marks.put(name, until));
}

async function put(engine: Engine, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    trouble(engine, error);
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

function trouble({ store, observe }: Engine, error: unknown): false {
  if (error instanceof ReportedError) return false;
  const message = error instanceof Error ? error.message : 'unknown error';
  observe({ type: 'store-trouble', store: store.name, operation: 'marks', message });
  return false;
}

/* MERGED lately-answered.ts:
 * Who has been answered what lately, as far as this process knows.
 */
/** The least recently answered is forgotten first. */
const remembered = 50_000;

export class LatelyAnswered {
  readonly #until = new LRUCache<string, number>({ max: remembered });

  /** The instant in ms since the epoch that was last noted under `name`. */
  until(name: string): number {
    return this.#until.get(name) ?? 0;
  }

  note(name: string, until: number): void {
    this.#until.set(name, until);
  }
}
