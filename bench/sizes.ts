/**
 * Invalidation and erasure at three sizes: how much longer does each take where there is ten times as much, and what does
 * it cost the process meanwhile? A call is timed until it answers; what a store reclaims after that is not.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { setInterval } from 'node:timers';
import { type Cache, createCache, type Entry, type Store } from 'askonce';
import { benchSecret, numbersBelow, someEntry, storeCopies } from './entries.ts';
import { secondsOf } from './measure.ts';
import type { Measured } from './rows.ts';
import { smallQuestion } from './small.ts';

const sizes = {
  thousand: 1_000,
  hundred: 100_000,
  million: +(process.env['MILLION'] ?? 1_000_000),
} as const;
const works = ['count', 'user', 'tag', 'pattern', 'all'] as const;

/** Their names end so. */
const millionRows = [...works.map((work) => `${work}-million`), 'longest-turn', 'memory'];

type Size = keyof typeof sizes;
type Work = (typeof works)[number];

/** A store that can be filled once and opened many times as it was then. */
export interface Place {
  /** Opens an empty store. */
  create(): Promise<Store>;
  /** Stores aside what the store holds, and closes it. */
  save(store: Store): Promise<void>;
  /** Opens a store that holds what was saved, and nothing else. */
  restore(): Promise<Store>;
  remove(): Promise<void>;
}

/** Seconds of each work, and the most that any of them took of the event loop, in ms, and of memory, in MB. */
interface Costs {
  readonly seconds: Readonly<Record<Work, number>>;
  readonly longestTurn: number;
  readonly memory: number;
}

const user = 'ada';
const usersEntries = 100;
const sampleMs = 50;
const tag = 'catalogue=spring';

/** A work that leaves nothing ends its run; the next has the store as it was filled. */
const runs: readonly (readonly Work[])[] = [['count', 'user', 'tag'], ['pattern'], ['all']];

/** The rows of one store, their names beginning with its own, up to the largest size that a wanted row needs. */
export async function* atSizes(
  name: string,
  placeOf: () => Promise<Place>,
  wanted: (row: string) => boolean,
): AsyncIterable<Measured> {
  const isMillionWanted = millionRows.some((row) => wanted(`${name}-${row}`));
  const isHundredWanted = isMillionWanted || works.some((work) => wanted(`${name}-${work}-hundred`));
  const costs = new Map<Size, Costs>();
  for (const size of ['thousand', 'hundred', 'million'] as const) {
    if (size === 'hundred' && !isHundredWanted) return;
    if (size === 'million' && !isMillionWanted) return;
    const place = await placeOf();
    try {
      costs.set(size, await costsAt(sizes[size], place));
    } finally {
      await place.remove();
    }
    const { seconds, longestTurn, memory } = known(costs, size);
    yield { row: `${name}-user-${size}`, ours: seconds.user };
    if (size === 'thousand') continue;
    const smaller = known(costs, size === 'million' ? 'hundred' : 'thousand').seconds;
    for (const work of works)
      if (work !== 'user')
        yield { row: `${name}-${work}-${size}`, ours: seconds[work], beside: smaller[work] };
    if (size !== 'million') continue;
    yield { row: `${name}-longest-turn`, ours: longestTurn };
    yield { row: `${name}-memory`, ours: memory };
  }
}

async function costsAt(count: number, place: Place): Promise<Costs> {
  const seconds: Record<Work, number> = { count: 0, user: 0, tag: 0, pattern: 0, all: 0 };
  let [longestTurn, memory] = [0, 0];
  await place.save(await filled(await place.create(), count));
  for (const run of runs) {
    const store = await place.restore();
    const cache = createCache({ store, settings: { secret: benchSecret } });
    for (const work of run) {
      const cost = await costOf(() => does[work](cache, count));
      seconds[work] = cost.seconds;
      longestTurn = Math.max(longestTurn, cost.longestTurn);
      memory = Math.max(memory, cost.memory);
    }
    await cache.close(0);
  }
  return { seconds, longestTurn, memory };
}

const does: Readonly<Record<Work, (cache: Cache, count: number) => Promise<void>>> = {
  count: async (cache, count) =>
    expectCount(await cache.invalidate({ tags: tag }, { dryRun: true }), count - usersEntries),
  user: async (cache) => expectCount((await cache.beginErasure(user)).byIndex, usersEntries),
  tag: async (cache, count) => expectCount(await cache.invalidate({ tags: tag }), count - usersEntries),
  pattern: async (cache, count) => expectCount(await cache.invalidate({ pattern: '*}' }), count),
  all: async (cache, count) => expectCount(await cache.invalidate({ all: true }), count),
};

function expectCount(found: number, expected: number): void {
  if (found !== expected) throw new Error(`found ${found} entries, not ${expected}`);
}

async function filled(store: Store, count: number): Promise<Store> {
  const common = await someEntry({ ...smallQuestion, context: { user: 'bob', tags: [tag] } });
  const theirs: Entry = await someEntry({ ...smallQuestion, context: { user } });
  await storeCopies(store, common, numbersBelow(count - usersEntries));
  await storeCopies(store, theirs, numbersBelow(usersEntries));
  return store;
}

async function costOf(work: () => Promise<void>) {
  const before = residentMB();
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, residentMB());
  }, sampleMs);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const seconds = await secondsOf(work);
  delays.disable();
  clearInterval(sampling);
  const memory = Math.max(most, residentMB()) - before;
  return { seconds, longestTurn: delays.max / 1e6, memory };
}

function residentMB(): number {
  return process.memoryUsage.rss() / 1e6;
}

function known(costs: ReadonlyMap<Size, Costs>, size: Size): Costs {
  const cost = costs.get(size);
  if (cost === undefined) throw new Error(`nothing was measured at ${sizes[size]} entries`);
  return cost;
}
