import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { EntryHooks } from '../../engine/entry-hooks.ts';
import type { EntryMeta } from '../../entry/entry.ts';
import { decodeVector } from '../../entry/vector.ts';
import { AskonceError } from '../../errors.ts';
import type { ObservedEvent } from '../../observe/events.ts';
import { Flags } from '../../settings/flags.ts';
import { librarySettings } from '../../settings/read.ts';
import { memoryStore } from '../../store/memory/store.ts';
import type { Notices } from '../../store/shared.ts';
import type { StoredVector, Vectors } from '../../store/vectors.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import { sampleEntry } from '../../testing/sample-entry.ts';
import { type Embedded, openEmbedding } from '../embedders/embedding.ts';
import type { Change } from '../feed/contract.ts';
import { openReembedding, type ReembeddingOptions } from './reembedding.ts';

const embedder = 'new/1';

/** Entries with vectors of another embedder, in memory. */
function stored(count: number, metaOf: (index: number) => Partial<EntryMeta> = () => ({})) {
  const entries = new Map<string, { meta: EntryMeta; vector: StoredVector | undefined }>();
  for (let index = 0; index < count; index++) {
    const key = `k${index}`;
    const { vector = 'AAAA', ...stated } = metaOf(index);
    const { meta } = sampleEntry({
      key,
      now: 1_893_456_000_000,
      embedder: 'old/1',
      semanticText: `question ${index}?`,
      lease: 7,
      expires: 1_893_456_000_000 + 30 * 86_400_000,
      ...stated,
    });
    const { lease, partition, frame, language, expires } = meta;
    const beside = { key, lease, partition, frame, language, expires, embedder: meta.embedder ?? '', vector };
    entries.set(key, { meta, vector: vector === '' ? undefined : beside });
  }
  const vectors: Vectors = {
    getMany: async (keys) => keys.map((key) => entries.get(key)?.vector),
    async *walk() {
      yield [...entries.values()].flatMap(({ vector }) => vector ?? []);
    },
    async put({ key, lease, embedder: maker, vector: text }) {
      const there = entries.get(key);
      if (there?.meta.lease !== lease) return false;
      const { partition, frame, language, expires } = there.meta;
      there.vector = { key, lease, partition, frame, language, expires, embedder: maker, vector: text };
      return true;
    },
  };
  return { entries, vectors };
}

type Answer = (text: string, call: number) => Embedded;

const found: Answer = (text) => ({ vector: Float32Array.of(text.length, 1), fingerprint: embedder });

function setUp(
  { entries, vectors }: ReturnType<typeof stored>,
  { answer = found, ...options }: Partial<ReembeddingOptions> & { readonly answer?: Answer } = {},
) {
  const clock = fakeClock();
  const events: ObservedEvent[] = [];
  const changes: Change[] = [];
  const indexed: string[] = [];
  const removals: Parameters<EntryHooks['onRemoved']>[0][] = [];
  const remove = (keys: readonly string[]) => {
    for (const key of keys) entries.delete(key);
    for (const listener of removals) listener(keys, 'invalidated', 'this');
  };
  const texts: string[] = [];
  const flags = new Flags({ ...librarySettings({}), semanticCache: true });
  const notice = new Map<string, string>();
  const notices: Notices = {
    get: async (name) => notice.get(name),
    async put(name, text, over) {
      const there = notice.get(name);
      if (there !== undefined && there !== over) return there;
      notice.set(name, text);
      return text;
    },
  };
  const memory = memoryStore({ clock });
  const store = {
    ...memory,
    vectors,
    scan: {
      ...memory.scan,
      async *walk() {
        yield [...entries].map(([key, { meta }]) => ({ key, meta }));
      },
    },
  };
  const open = (more: Partial<ReembeddingOptions> = {}, own = clock) => {
    const opened = openReembedding({
      engine: { clock: own, flags, observe: (event) => events.push(event), shared: { notices }, store },
      embedding: {
        embed(text) {
          texts.push(text);
          return answer(text, texts.length);
        },
      },
      embedder,
      perSecond: 10,
      hooks: { onRemoved: (listener) => removals.push(listener) },
      indexes: { add: (added) => indexed.push(...added.map(({ key }) => key)) },
      feed: { report: (change) => changes.push(change) },
      gate: () => undefined,
      core: (text) => text,
      ...options,
      ...more,
    });
    if (opened === undefined) throw new Error('the store has vectors');
    onTestFinished(() => opened.close());
    return opened;
  };
  /** Lets time pass in steps, and what becomes due run in each of them. */
  const pass = async (ms: number, stepMs = 50) => {
    for (let left = ms; left > 0; left -= stepMs) {
      clock.advance(Math.min(stepMs, left));
      for (let turn = 0; turn < 6; turn++) await nextTurn();
    }
  };
  const embedders = () => [...entries.values()].map(({ vector }) => vector?.embedder);
  const states = () =>
    events.flatMap((event) => (event.type === 'semantic-reembedding' ? [[event.state, event.done]] : []));
  return { open, pass, remove, texts, changes, indexed, embedders, states, events, clock, flags };
}

it('questions are embedded anew at the rate that the settings state, and no faster', async () => {
  const { open, pass, texts, embedders, states, changes, indexed } = setUp(stored(100));
  const reembedding = open();
  for (let second = 1; second <= 9; second++) {
    await pass(1_000);
    expect(texts.length).toBeLessThanOrEqual(second * 10 + 1);
    expect(texts.length).toBeGreaterThanOrEqual(second * 10 - 2);
  }
  expect(reembedding.report()).toMatchObject({ of: 100, perSecond: 10, isRunningHere: true });
  expect(reembedding.report().done).toBeGreaterThan(80);
  await pass(2_000);
  expect(reembedding.report()).toMatchObject({ done: 100, of: 100, isRunningHere: false });
  expect(new Set(embedders())).toEqual(new Set([embedder]));
  expect(texts).toHaveLength(100);
  expect(states()).toEqual([
    ['started', 0],
    ['finished', 100],
  ]);
  const keys = changes.flatMap((change) => (change.kind === 'written' ? change.keys : []));
  expect([keys.length, new Set(keys).size, indexed.length]).toEqual([100, 100, 100]);
});

it('what is done is not done again, neither by the same process nor after a restart', async () => {
  const { open, pass, texts, states } = setUp(stored(10));
  const first = open({ perSecond: 1_000 });
  await pass(1_000);
  expect(texts).toHaveLength(10);
  await pass(3 * 3_600_000, 30_000);
  expect(texts).toHaveLength(10);
  await first.close();
  const second = open({ perSecond: 1_000 });
  await pass(3 * 3_600_000, 30_000);
  expect(texts).toHaveLength(10);
  expect(second.report()).toMatchObject({ done: 10, of: 10, isRunningHere: false });
  expect(states()).toHaveLength(2);
});

it('one process embeds for all, and the others report how far it is', async () => {
  const { open, pass, texts } = setUp(stored(300));
  const [one, other] = [open(), open()];
  await pass(25_000);
  expect(texts.length).toBeLessThanOrEqual(251);
  expect([one, other].map((each) => each.report().isRunningHere)).toEqual([true, false]);
  expect(other.report()).toMatchObject({ of: 300 });
  expect(other.report().done).toBeGreaterThan(90);
  await pass(10_000);
  expect(texts).toHaveLength(300);
  await pass(60_000, 1_000);
  expect(other.report()).toMatchObject({ done: 300, of: 300, isRunningHere: false });
});

it('a process that takes over goes on where the other was killed, and reports again what that had written', async () => {
  const { open, pass, texts, changes } = setUp(stored(100));
  const killed = fakeClock();
  open({}, killed);
  for (let step = 0; step < 50; step++) {
    killed.advance(100);
    await pass(1, 1);
  }
  const before = texts.length;
  expect(before).toBeGreaterThan(40);
  // From now on its clock stands still, as that of a process that has ended.
  changes.length = 0;
  const other = open();
  await pass(29_000, 500);
  expect(texts).toHaveLength(before);
  expect(other.report()).toMatchObject({ of: 100, isRunningHere: false });
  await pass(30_000, 50);
  const keys = changes.flatMap((change) => (change.kind === 'written' ? change.keys : []));
  expect(new Set(keys).size).toBe(100);
  // Those that the killed process had made and not put yet are made again.
  expect(texts.length).toBeLessThanOrEqual(104);
  expect(other.report()).toMatchObject({ done: 100, of: 100, isRunningHere: false });
});

it('an embedder out of reach for a while is called seldom meanwhile, and each call is reported as paid for', async () => {
  const clock = fakeClock();
  let isDown = true;
  let paid = 0;
  const embedding = openEmbedding({
    clock,
    onBilled: () => {
      paid += 1;
    },
    embedder: {
      ...{ name: 'new', version: '1', dimension: 2, prefix: '', pooling: '', weights: '' },
      service: { provider: 'http://127.0.0.1:1', model: 'm' },
      embed: (text) =>
        isDown ? Promise.reject(new Error('down')) : Promise.resolve(Float32Array.of(text.length, 1)),
    },
  });
  const data = stored(20);
  const { open, pass } = setUp(data, { embedding, embedder: embedding.fingerprint ?? '' });
  const reembedding = open({}, clock);
  const both = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      clock.advance(100);
      await pass(1, 1);
    }
  };
  await both(600_000);
  expect(embedding.report().calls).toBeLessThan(40);
  expect(reembedding.report().done).toBe(0);
  isDown = false;
  // Those whose turn it was during the outage come with the next pass.
  await both(360_000);
  expect(reembedding.report()).toMatchObject({ done: 20, of: 20 });
  expect(paid).toBe(20);
});

it('entries whose question cannot be embedded keep their vectors, and are not tried for ever', async () => {
  const odd: Partial<EntryMeta>[] = [
    { semanticText: undefined },
    { language: 'und' },
    { semanticText: 'x'.repeat(4_097) },
    { semanticText: 'at the gate' },
    { semanticText: 'nothing known' },
    { embedder: undefined, vector: '' },
    { vector: '' },
    { semanticText: 'normalised', questionText: 'As It Was Written' },
  ];
  const { open, pass, texts, embedders } = setUp(
    stored(odd.length, (index) => odd[index] ?? {}),
    {
      gate: (text) => (text === 'at the gate' ? 'fresh' : undefined),
      answer: (text, call) => (text === 'nothing known' ? { none: 'unknown' } : found(text, call)),
    },
  );
  const reembedding = open();
  await pass(60_000, 100);
  expect(embedders()).toEqual([
    ...['old/1', 'old/1', 'old/1', 'old/1', 'old/1'],
    ...[undefined, embedder, embedder],
  ]);
  expect(texts).toEqual(['nothing known', 'question 6?', 'As It Was Written']);
  expect(reembedding.report()).toMatchObject({ done: 2, of: 7 });
  await pass(4 * 3_600_000, 30_000);
  expect(texts).toHaveLength(3);
});

it('entries that the embedder failed at when they were stored get their vectors minutes after a start', async () => {
  const { open, pass, texts, embedders } = setUp(stored(3, () => ({ embedder, vector: '' })));
  open();
  await pass(290_000, 1_000);
  expect(texts).toEqual([]);
  await pass(90_000, 500);
  expect(embedders()).toEqual([embedder, embedder, embedder]);
});

it('it waits while the breaker of the embedder is open, and says so', async () => {
  let isOpen = true;
  const { open, pass, texts, embedders } = setUp(stored(5), {
    answer: (text, call) => (isOpen ? { none: 'open' } : found(text, call)),
  });
  const reembedding = open();
  await pass(600_000, 1_000);
  expect(texts.length).toBeLessThan(60);
  expect(reembedding.trouble()).toContain('the embedder keeps failing');
  expect(reembedding.report().isRunningHere).toBe(true);
  isOpen = false;
  await pass(60_000, 1_000);
  expect(new Set(embedders())).toEqual(new Set([embedder]));
  expect(reembedding.trouble()).toBe(undefined);
});

it('a text that the embedder always fails at holds up no other, and is tried again ever more seldom', async () => {
  const { open, pass, texts, embedders, states } = setUp(stored(5), {
    answer: (text, call) => (text.includes('2') ? { none: 'failed' } : found(text, call)),
  });
  open();
  await pass(300_000, 500);
  expect(embedders()).toEqual([embedder, embedder, 'old/1', embedder, embedder]);
  expect(states().at(-1)).toEqual(['stopped', 4]);
  const before = texts.length;
  await pass(24 * 3_600_000, 30_000);
  expect(texts.length - before).toBeGreaterThan(10);
  expect(texts.length - before).toBeLessThan(300);
});

it('an entry that is removed or replaced while it is embedded gets no vector of its former question', async () => {
  const data = stored(3);
  const { open, pass, changes, embedders } = setUp(data, {
    perSecond: 1_000,
    answer(text, call) {
      if (call === 1) {
        data.entries.delete('k0');
        const replaced = data.entries.get('k1');
        if (replaced !== undefined) replaced.meta = { ...replaced.meta, lease: 8 };
      }
      return found(text, call);
    },
  });
  open();
  await pass(1_000);
  expect(changes).toEqual([{ kind: 'written', keys: ['k2'] }]);
  expect(embedders()).toEqual(['old/1', embedder]);
});

it('the text of an entry that is removed goes to no embedder any more, although it had been read', async () => {
  const { open, pass, remove, texts, states } = setUp(stored(30));
  open();
  await pass(1_000);
  const before = texts.length;
  expect(before).toBeGreaterThan(5);
  remove(Array.from({ length: 10 }, (_none, index) => `k${20 + index}`));
  await pass(5_000);
  expect(texts).toHaveLength(20);
  expect(texts.some((text) => /2\d/.test(text))).toBe(false);
  expect(states().at(-1)).toEqual(['finished', 20]);
});

it('it embeds nothing while the tier is switched off, or at a rate of 0', async () => {
  const { open, pass, texts, flags } = setUp(stored(3));
  const none = open({ perSecond: 0 });
  await pass(60_000, 1_000);
  expect(none.report()).toMatchObject({ perSecond: 0, isRunningHere: false });
  flags.replaceChanges({ semanticCache: 0 });
  open();
  await pass(60_000, 1_000);
  expect(texts).toEqual([]);
  flags.replaceChanges({});
  await pass(60_000, 1_000);
  expect(texts).toHaveLength(3);
});

it('a store in trouble is reported, and the pass goes on once it works', async () => {
  const data = stored(10);
  const { put } = data.vectors;
  let failures = 2;
  const vectors: Vectors = {
    ...data.vectors,
    put: async (vector) => {
      if (failures-- > 0) throw new AskonceError('store_failed', 'The disk is full.');
      return await put(vector);
    },
  };
  const { open, pass, events, embedders } = setUp({ ...data, vectors });
  open();
  await pass(60_000, 100);
  const messages = events.flatMap((event) => (event.type === 'semantic-trouble' ? [event.message] : []));
  expect(messages[0]).toContain('The disk is full.');
  expect(new Set(embedders())).toEqual(new Set([embedder]));
});

it('vectors of the former embedder that are written later are found within minutes, and within an hour at last', async () => {
  const data = stored(4);
  const { open, pass, texts } = setUp(data);
  open();
  await pass(10_000);
  expect(texts).toHaveLength(4);
  const write = (key: string) => {
    const there = data.entries.get(key);
    if (there?.vector !== undefined) there.vector = { ...there.vector, embedder: 'old/1' };
  };
  write('k1');
  await pass(310_000, 1_000);
  expect(texts).toHaveLength(5);
  await pass(310_000, 1_000);
  write('k2');
  await pass(3_700_000, 10_000);
  expect(texts).toHaveLength(6);
});

it('a vector is stored as the embedder made it', async () => {
  const data = stored(1);
  const { open, pass } = setUp(data);
  open();
  await pass(1_000);
  const [x = 0, y = 0] = decodeVector(data.entries.get('k0')?.vector?.vector ?? '') ?? [];
  expect(x / y).toBeCloseTo('question 0?'.length, 1);
});
