/**
 * A change of embedder over a store that several processes share: stored questions are embedded anew by one of them, whatever
 * becomes of it, and are then found in other words.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createCache, memoryStore, tieredStore } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../packages/askonce/src/clock.ts';
import { encodeVector } from '../packages/askonce/src/entry/vector.ts';
import type { Store } from '../packages/askonce/src/store/contract.ts';
import { sampleEntry } from '../packages/askonce/src/testing/sample-entry.ts';
import { chat, completion } from './support/chat.ts';
import { sharedRedis } from './support/redis-server.ts';
import { ownKeys, storeOn } from './support/redis-stores.ts';
import { capital, capitalAgain, wordEmbedder } from './support/semantic-set-up.ts';
import { describeWithService } from './support/service-suites.ts';
import { saying } from './support/set-up-cache.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const program = new URL('./support/reembedding-child.ts', import.meta.url).pathname;

interface Place {
  readonly store: Store;
  /** Arguments of a child that shares it. */
  readonly args: readonly string[];
  readonly keyOf: (name: string) => string;
}

/** A process that embeds anew, and what it has printed. */
class Child {
  readonly process: ChildProcess;
  readonly texts: string[] = [];
  readonly ended: Promise<unknown>;
  /** The last line that is no text. */
  state = '';

  constructor({ args }: Place, perSecond: number) {
    this.process = spawn(
      process.execPath,
      ['--conditions=askonce-source', program, ...args, String(perSecond)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void this.process.kill('SIGKILL'));
    this.ended = once(this.process, 'exit');
    const { stdout } = this.process;
    if (stdout === null) throw new Error('the child has no output');
    createInterface({ input: stdout }).on('line', (line) => {
      if (line.startsWith('question ')) this.texts.push(line);
      else this.state = line;
    });
  }
}

/** Waits for something that happens by itself, never for time to pass. */
const eventually = { timeout: 60_000, interval: 20 } as const;

function entryOf({ keyOf }: Place, index: number) {
  return sampleEntry({
    key: keyOf(`f${index}`),
    now: systemClock.now(),
    lease: index,
    embedder: 'old:1',
    vector: encodeVector(Float32Array.of(1, index, 3)),
    semanticText: `question ${index} of them all`,
  });
}

async function embeddersIn({ store, keyOf }: Place, count: number): Promise<readonly (string | undefined)[]> {
  const keys = Array.from({ length: count }, (_none, index) => keyOf(`f${index}`));
  return ((await store.vectors?.getMany(keys)) ?? []).map((vector) => vector?.embedder?.replace(/:.*/, ''));
}

function suite(place: () => Promise<Place>): void {
  it('500 questions are embedded anew by one of two processes, by the other once that is killed, and by none again', async () => {
    const there = await place();
    const { store } = there;
    await store.setMany(Array.from({ length: 500 }, (_none, index) => entryOf(there, index)));
    await store.flush();
    const children = [new Child(there, 100), new Child(there, 100)];
    const texts = () => children.flatMap((child) => child.texts);
    await expect.poll(() => texts().length, eventually).toBeGreaterThan(100);
    const [working, waiting] = children.toSorted((one, other) => other.texts.length - one.texts.length);
    if (working === undefined || waiting === undefined) throw new Error('there are no children');
    expect(waiting.texts).toEqual([]);
    working.process.kill('SIGKILL');
    await working.ended;
    // Erased meanwhile: no vector of them comes back.
    const erased = [0, 250, 499];
    await store.deleteMany(erased.map((index) => there.keyOf(`f${index}`)));
    await expect.poll(() => waiting.state, eventually).toMatch(/^done/);
    const found = await embeddersIn(there, 500);
    expect(found).toEqual(found.map((_each, index) => (erased.includes(index) ? undefined : 'new')));
    expect(new Set(texts()).size).toBeGreaterThanOrEqual(497);
    // At most those that were made, and not stored when the process was killed.
    expect(texts().length).toBeLessThanOrEqual(500 + 64);
    waiting.process.kill('SIGKILL');
    await waiting.ended;
    const again = new Child(there, 100);
    await expect.poll(() => again.state, eventually).toBe('idle 497');
    expect(again.texts).toEqual([]);
    // Their answers are what they were.
    expect((await store.get(there.keyOf('f7')))?.entry.recording.body.length).toBeGreaterThan(0);
  }, 120_000);
}

describe('a change of embedder on SQLite', () => {
  suite(async () => {
    const folder = temporaryFolder();
    const store = await sqliteStore({ folder });
    onTestFinished(() => store.close());
    return { store, args: ['sqlite', folder, '-'], keyOf: (name) => `t:v1:partition:en:{${name}}` };
  });
});

describeWithService('redis', 'a change of embedder on Redis', () => {
  suite(async () => {
    const { prefix, keyOf } = ownKeys();
    const store = await storeOn({ url: sharedRedis(), prefix });
    return { store, args: ['redis', sharedRedis(), prefix], keyOf };
  });
});

async function cacheOn(folder: string, embedder: string, perSecond = 1_000) {
  const store = tieredStore({ upper: memoryStore(), lower: await sqliteStore({ folder }), budgetMs: 10_000 });
  const words = wordEmbedder({ name: embedder });
  const cache = createCache({
    store,
    settings: {
      ...{ secret: 'a secret of the test', semanticUpper: 0.7, semanticGuards: 'none' },
      semanticReembedPerSecond: perSecond,
    },
    semantic: { embedder: words },
  });
  onTestFinished(() => cache.close());
  return { cache, words };
}

const provider = saying(completion());
const unasked = () => Promise.reject(new Error('the provider was asked'));

it('after a change of embedder a question in other words is a miss at first, and a hit once its vector is made anew', async () => {
  const folder = temporaryFolder();
  const before = await cacheOn(folder, 'former');
  await before.cache.ask(chat({ question: capital }), provider);
  // What is stored for comparison has no accents; what is embedded has them.
  const song = '¿Cuál es la canción más conocida del cantante argentino Gardel?';
  await before.cache.ask(chat({ question: song }), provider);
  await before.cache.close();
  const off = await cacheOn(folder, 'present', 0);
  expect((await off.cache.ask(chat({ question: capitalAgain }), provider)).cacheStatus.kind).toBe('forward');
  await off.cache.close();
  const { cache, words } = await cacheOn(folder, 'present');
  const progress = async () => (await cache.semantic()).reembedding;
  await expect.poll(progress, eventually).toMatchObject({ done: 3, of: 3, isRunningHere: false });
  // The same text as was embedded when it was asked, and that of the present embedder not again.
  expect(words.texts.toSorted()).toEqual(
    ['start', ...before.words.texts.filter((text) => text !== 'start')].toSorted(),
  );
  const other = song.replace('Cuál', 'Qué');
  expect((await cache.ask(chat({ question: other }), unasked)).cacheStatus.detail).toBe('semantic');
});

it('while machines change one after another, the former embedder does not embed what the new one has', async () => {
  const folder = temporaryFolder();
  const former = await cacheOn(folder, 'former');
  await former.cache.ask(chat({ question: capital }), provider);
  const present = await cacheOn(folder, 'present');
  const progress = async () => (await present.cache.semantic()).reembedding;
  await expect.poll(progress, eventually).toMatchObject({ done: 1, of: 1 });
  // A machine that has not changed yet starts anew.
  const again = await cacheOn(folder, 'former');
  await expect
    .poll(async () => (await again.cache.semantic()).reembedding, eventually)
    .toMatchObject({ isRunningHere: false });
  await again.cache.close();
  expect(again.words.texts).toEqual(['start']);
  expect(await progress()).toMatchObject({ done: 1, of: 1 });
});

it('other gates and guards embed nothing anew', async () => {
  const folder = temporaryFolder();
  const before = await cacheOn(folder, 'words');
  await before.cache.ask(chat({ question: capital }), provider);
  await before.cache.close();
  const store = await sqliteStore({ folder });
  const words = wordEmbedder({ name: 'words' });
  const cache = createCache({
    store,
    settings: { secret: 'a secret of the test', semanticGates: 'none' },
    semantic: { embedder: words },
  });
  onTestFinished(() => cache.close());
  const progress = async () => (await cache.semantic()).reembedding;
  await expect.poll(progress, eventually).toMatchObject({ done: 1, of: 1, isRunningHere: false });
  expect(words.texts).toEqual(['start']);
});
