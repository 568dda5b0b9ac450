/** Entries for the benchmarks of stores, as the cache makes them. */
import { type CallerContext, createCache, type Entry, type Store } from 'askonce';
import { answered, answeringWith, chatAnswer, chatBody, chatRequest } from './requests.ts';

export const benchSecret = 'a secret of benchmarks';

export interface SomeEntry {
  /** Default: a question of about 2 KB. */
  readonly question?: Readonly<Record<string, unknown>> | undefined;
  /** Default: an answer of about 2 KB. */
  readonly answer?: Buffer | undefined;
  readonly context?: CallerContext | undefined;
}

/** An entry as the cache makes it. */
export async function someEntry(options: SomeEntry = {}): Promise<Entry> {
  const { question = chatBody(), answer = chatAnswer, context } = options;
  const cache = createCache({ settings: { secret: benchSecret } });
  const request = chatRequest(JSON.stringify(question), context);
  await answered(cache, request, answeringWith(answer));
  const entry = await cache.get(request);
  await cache.close();
  if (entry === undefined) throw new Error('the cache did not store the entry');
  return entry;
}

/** The key of the n-th copy of an entry. Copies lie in an order of their own, as fingerprints do. */
export function keyOfCopy({ key }: Entry, n: number): string {
  const scattered = (Math.imul(n, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return key.replace(/[0-9a-f]{16}\}$/, `${scattered}${n.toString(16).padStart(8, '0')}}`);
}

/** Stores copies of the entry by the page; `numbers` are theirs. */
export async function storeCopies(store: Store, entry: Entry, numbers: Iterable<number>): Promise<void> {
  const pageSize = 2_000;
  let page: Entry[] = [];
  const write = async () => {
    const results = await store.setMany(page);
    if (results.some((result) => result !== 'stored')) throw new Error('the store refused an entry');
    // Else the store's queue of writes, which is bounded, would refuse what comes next.
    await store.flush();
    page = [];
  };
  for (const n of numbers) {
    page.push({ ...entry, key: keyOfCopy(entry, n) });
    if (page.length === pageSize) await write();
  }
  await write();
}

export function* numbersBelow(count: number): Iterable<number> {
  for (let n = 0; n < count; n++) yield n;
}
