/** What the semantic tier gets of an embedder that works, fails, hangs, is slow or lies. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { AskonceError } from '../../errors.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import type { Embedder, EmbedderAvailability } from '../contract.ts';
import { type Embedded, type EmbeddingOptions, openEmbedding } from './embedding.ts';
import { fingerprintOf } from './vector.ts';

const identity = { name: 'fake', version: '1', dimension: 2, prefix: '', pooling: '', weights: '' };
const scope = 'partition';
const turn = () => new Promise((resolve) => setImmediate(resolve));
const turns = async () => {
  for (let n = 0; n < 4; n++) await turn();
};

function setUp(
  embed: Embedder['embed'],
  options: Partial<EmbeddingOptions> = {},
  own: Partial<Embedder> = {},
) {
  const clock = fakeClock();
  const troubles: string[] = [];
  const texts: string[] = [];
  const embedder: Embedder = {
    ...identity,
    ...own,
    embed(text, signal) {
      texts.push(text);
      return embed(text, signal);
    },
  };
  const embedding = openEmbedding({
    embedder,
    clock,
    onTrouble: (message) => troubles.push(message),
    ...options,
  });
  /** What becomes of a text once `ms` have passed. */
  const after = async (ms: number, text: string) => {
    let outcome: Embedded | undefined;
    const embedding_ = Promise.resolve(embedding.embed(text, { scope })).then((got) => (outcome = got));
    clock.advance(ms);
    await turns();
    return outcome ?? (await Promise.race([embedding_, Promise.resolve('pending')]));
  };
  return { clock, troubles, texts, embedding, after };
}

const right = () => Float32Array.of(3, 4);
const lost = () => Promise.reject(new Error('connection lost: Where is my order? sk-secret'));
const none = (reason: string) => ({ none: reason });

describe('an embedding that works', () => {
  it('a vector has length 1 and carries the fingerprint of its embedder', () => {
    const { embedding } = setUp(right);
    const embedded = embedding.embed('a', { scope });
    expect(embedded).toEqual({ vector: Float32Array.of(0.6, 0.8), fingerprint: embedding.fingerprint });
    expect(embedding.fingerprint).toBe(fingerprintOf(identity));
  });

  it('a text is embedded once in a scope, and again in another scope', () => {
    const { embedding, texts } = setUp(right);
    for (const each of ['one', 'one', 'other']) embedding.embed('a', { scope: each });
    expect(texts).toEqual(['a', 'a']);
  });

  it('a text that the embedder does not know is asked once, and stays without a vector', async () => {
    const { embedding, texts } = setUp(async (text) => (text === 'zero' ? new Float32Array(2) : undefined));
    for (const text of ['zero', 'zero', '?', '?', ' \n'])
      expect(await embedding.embed(text, { scope })).toEqual(none('unknown'));
    expect(texts).toEqual(['zero', '?']);
  });

  it('identical texts in flight are one call within a scope, and not beyond it', async () => {
    const { embedding, texts } = setUp(async () => right());
    const scopes = ['one', 'one', 'one', 'other'];
    const all = await Promise.all(scopes.map((each) => embedding.embed('a', { scope: each })));
    expect(all.every((embedded) => 'vector' in embedded)).toBe(true);
    expect(texts).toEqual(['a', 'a']);
  });

  it('remembered vectors stay within their bound in bytes', async () => {
    const { embedding, texts } = setUp(right, { memoBytes: 10_000 });
    for (let n = 0; n < 200; n++) await embedding.embed(`text ${n}`, { scope });
    await embedding.embed('text 199', { scope });
    expect(texts).toHaveLength(200);
    for (let n = 0; n < 200; n++) await embedding.embed(`text ${n}`, { scope });
    expect(texts.length).toBeGreaterThan(350);
  });

  it('a text of more than 16 384 units is not embedded', () => {
    const { embedding, texts } = setUp(right);
    expect(embedding.embed('a'.repeat(16_385), { scope })).toEqual(none('too-long'));
    expect(texts).toEqual([]);
    expect(embedding.embed('a'.repeat(16_384), { scope })).toHaveProperty('vector');
  });

  it('the fingerprint of an embedder that learns its dimension is known after its first vector', async () => {
    const known: string[] = [];
    const onKnown = (fingerprint: string) => known.push(fingerprint);
    const { embedding } = setUp(async () => right(), { onKnown }, { dimension: undefined });
    expect(embedding.fingerprint).toBe(undefined);
    expect(await embedding.embed('a', { scope })).toHaveProperty('fingerprint', fingerprintOf(identity));
    expect(embedding.fingerprint).toBe(fingerprintOf(identity));
    await embedding.embed('b', { scope });
    expect(known).toEqual([fingerprintOf(identity)]);
  });

  it('every part of an identity makes another fingerprint', () => {
    const others = [
      { name: 'other' },
      { version: '2' },
      { dimension: 3 },
      { prefix: 'query: ' },
      { pooling: 'mean' },
      { weights: 'ff' },
    ];
    const all = [identity, ...others.map((other) => ({ ...identity, ...other }))].map(fingerprintOf);
    expect(new Set(all).size).toBe(7);
    expect(fingerprintOf({ ...identity, name: 'a b\n'.repeat(100) })).toMatch(/^[\w.-]{1,64}:[0-9a-f]{32}$/);
  });
});

describe('an embedding in trouble', () => {
  it('a caller waits no longer than the budget, and the late vector is there for the next request', async () => {
    const { promise, resolve } = Promise.withResolvers<Float32Array>();
    const { embedding, after, texts } = setUp(() => promise);
    expect(await after(249, 'a')).toBe('pending');
    expect(await after(1, 'a')).toBe('pending');
    expect(await after(250, 'a')).toEqual(none('late'));
    expect(await embedding.embed('a', { scope })).toEqual(none('late'));
    expect(embedding.known('a', scope)).toBe(undefined);
    resolve(right());
    await turns();
    expect(embedding.known('a', scope)).toHaveProperty('vector');
    expect(embedding.known('a', 'another scope')).toBe(undefined);
    expect(embedding.embed('a', { scope })).toHaveProperty('vector');
    expect(texts).toEqual(['a']);
  });

  it('a hanging embedder costs its budget five times, then nothing for 60 s, then once more', async () => {
    const { clock, texts, troubles, after, embedding } = setUp(() => new Promise(() => {}));
    for (let n = 0; n < 5; n++) expect(await after(250, `a${n}`)).toEqual(none('late'));
    expect(await after(0, 'b')).toEqual(none('open'));
    expect(embedding.report()).toMatchObject({ name: 'fake', open: true, calls: 5, failures: 5 });
    clock.advance(60_000);
    expect(await after(250, 'c')).toEqual(none('late'));
    expect(await after(0, 'd')).toEqual(none('open'));
    expect(texts).toHaveLength(6);
    expect(troubles).toEqual([
      'Embedder fake: It took more than 250 ms.',
      'Embedder fake: It took more than 250 ms. It is not called for a minute.',
      'Embedder fake: It took more than 250 ms.',
      'Embedder fake: It took more than 250 ms. It is not called for a minute.',
    ]);
  });

  it('an embedder that is always a little too slow is left alone, though its answers come', async () => {
    const answers: ((vector: Float32Array) => void)[] = [];
    const { after, texts } = setUp(() => new Promise((resolve) => answers.push(resolve)));
    for (let n = 0; n < 5; n++) {
      expect(await after(250, `a${n}`)).toEqual(none('late'));
      answers[n]?.(right());
      await turns();
    }
    expect(await after(0, 'b')).toEqual(none('open'));
    expect(texts).toHaveLength(5);
  });

  it('a failing embedder is left alone after five failures, and used again once a trial succeeds', async () => {
    let isIll = true;
    const { clock, embedding, texts } = setUp(() => (isIll ? lost() : right()));
    for (let n = 0; n < 5; n++) expect(await embedding.embed(`a${n}`, { scope })).toEqual(none('failed'));
    expect(embedding.embed('b', { scope })).toEqual(none('open'));
    isIll = false;
    clock.advance(60_000);
    expect(embedding.embed('b', { scope })).toHaveProperty('vector');
    expect(embedding.embed('a0', { scope })).toHaveProperty('vector');
    expect(texts).toHaveLength(7);
    expect(embedding.report()).toMatchObject({ open: false, calls: 7, failures: 5 });
  });

  it('a failing embedder is reported at most once a minute, without what its error says', async () => {
    let n = 0;
    const { clock, embedding, troubles } = setUp(() => (n++ % 2 === 0 ? lost() : right()));
    for (let each = 0; each < 20; each++) await embedding.embed(`a${each}`, { scope });
    expect(troubles).toEqual(['Embedder fake: It threw Error.']);
    clock.advance(60_000);
    for (let each = 20; each < 40; each++) await embedding.embed(`a${each}`, { scope });
    expect(troubles).toHaveLength(2);
  });

  it('the words of an error of askonce are reported', async () => {
    const error = new AskonceError('semantic_failed', 'The embeddings endpoint answered with status 401.');
    const { embedding, troubles } = setUp(() => Promise.reject(error));
    await embedding.embed('a', { scope });
    expect(troubles).toEqual(['Embedder fake: The embeddings endpoint answered with status 401.']);
  });

  it.each([
    ['another dimension', () => Float32Array.of(1, 2, 3), /of 3 components where its vectors have 2/],
    ['no number', () => Float32Array.of(Number.NaN, 1), /not finite/],
    ['infinity', () => Float32Array.of(Number.POSITIVE_INFINITY, 1), /not finite/],
  ])('a vector with %s is a failure', async (_, embed, message) => {
    for (const each of [embed, async () => embed()]) {
      const { embedding, troubles } = setUp(each);
      expect(await embedding.embed('a', { scope })).toEqual(none('failed'));
      expect(troubles[0]).toMatch(message);
    }
  });

  it('a vector that is longer than an entry can hold is a failure', () => {
    const { embedding, troubles } = setUp(
      (text) => new Float32Array(text.length).fill(1),
      {},
      { dimension: undefined },
    );
    expect(embedding.embed('a'.repeat(8_193), { scope })).toEqual(none('failed'));
    expect(embedding.embed('a'.repeat(8_192), { scope })).toHaveProperty('vector');
    expect(troubles).toEqual([expect.stringContaining('at most 8192 can be stored')]);
  });

  it('an embedder that throws is a failure', () => {
    const { embedding } = setUp(() => {
      throw new TypeError('no');
    });
    expect(embedding.embed('a', { scope })).toEqual(none('failed'));
  });

  it('no more than the allowed number of texts is embedded at the same time', async () => {
    const answers: ((vector: Float32Array) => void)[] = [];
    const { embedding, texts } = setUp(() => new Promise((resolve) => answers.push(resolve)), {
      maxCalls: 2,
    });
    const both = ['a', 'b'].map((text) => embedding.embed(text, { scope }));
    expect(await embedding.embed('c', { scope })).toEqual(none('busy'));
    for (const answer of answers) answer(right());
    await Promise.all(both);
    const third = embedding.embed('c', { scope });
    answers[2]?.(right());
    expect(await third).toHaveProperty('vector');
    expect(texts).toEqual(['a', 'b', 'c']);
  });

  it('a call that never ends is aborted and forgotten after forty times its budget', async () => {
    let aborted = false;
    const { clock, after, embedding } = setUp((_, signal) => {
      signal?.addEventListener('abort', () => (aborted = true));
      return new Promise(() => {});
    });
    expect(await after(250, 'a')).toEqual(none('late'));
    clock.advance(9_749);
    expect([aborted, await embedding.embed('a', { scope })]).toEqual([false, none('late')]);
    clock.advance(1);
    expect(aborted).toBe(true);
    expect(await after(0, 'a')).toBe('pending');
  });

  it('a caller that aborts waits no longer, and the others get their vector', async () => {
    const { promise, resolve } = Promise.withResolvers<Float32Array>();
    const { embedding } = setUp(() => promise);
    const leaving = new AbortController();
    const first = embedding.embed('a', { scope, signal: leaving.signal });
    const second = embedding.embed('a', { scope });
    leaving.abort();
    expect(await first).toEqual(none('aborted'));
    expect(embedding.embed('a', { scope, signal: leaving.signal })).toEqual(none('aborted'));
    resolve(right());
    expect(await second).toHaveProperty('vector');
  });

  it('closing ends what is in flight and closes the embedder once', async () => {
    let closes = 0;
    const close = () => {
      closes += 1;
    };
    const { embedding } = setUp(() => new Promise(() => {}), {}, { close });
    const waiting = embedding.embed('a', { scope });
    await Promise.all([embedding.close(), embedding.close()]);
    expect(await waiting).toEqual(none('closed'));
    expect(embedding.embed('a', { scope })).toEqual(none('closed'));
    expect(closes).toBe(1);
  });
});

describe('an embedding by a model that runs by itself', () => {
  function setUpModel(answer: () => Promise<Float32Array>) {
    let now: ReturnType<EmbedderAvailability['now']> = 'loading';
    let wrong: string | undefined;
    const ready = Promise.withResolvers<void>();
    const listeners: ((message: string) => void)[] = [];
    const texts: string[] = [];
    const known: string[] = [];
    const troubles: string[] = [];
    const clock = fakeClock();
    let dimension: number | undefined;
    const embedder: Embedder = {
      ...{ name: 'model', version: '1', prefix: '', pooling: 'mean', weights: 'w' },
      get dimension() {
        return dimension;
      },
      availability: {
        ready: () => ready.promise,
        now: () => now,
        trouble: () => wrong,
        onTrouble(listener) {
          listeners.push(listener);
          return () => void listeners.splice(0);
        },
      },
      embed(text) {
        texts.push(text);
        return answer();
      },
    };
    const embedding = openEmbedding({
      ...{ embedder, clock, budgetMs: 250 },
      onKnown: (fingerprint) => known.push(fingerprint),
      onTrouble: (message) => troubles.push(message),
    });
    onTestFinished(() => embedding.close());
    return {
      ...{ embedding, clock, texts, known, troubles, listeners },
      become(state: typeof now, trouble?: string) {
        now = state;
        wrong = trouble;
        if (trouble !== undefined) for (const listener of listeners) listener(trouble);
      },
      async load() {
        now = 'ready';
        dimension = 2;
        ready.resolve();
        await ready.promise;
      },
    };
  }

  const vector = () => Promise.resolve(Float32Array.of(1, 0));

  it('asks nothing of a model that is loading, busy or out of order, and fails nothing', async () => {
    const { embedding, texts, become, load } = setUpModel(vector);
    expect(embedding.report().trouble).toBe('It is being loaded. There is no semantic hit until then.');
    for (const state of ['loading', 'busy', 'failed'] as const) {
      become(state);
      expect(await embedding.embed('a question', { scope: '' })).toEqual({ none: state });
    }
    expect([texts, embedding.report().failures, embedding.report().open]).toEqual([[], 0, false]);
    await load();
    expect(await embedding.embed('a question', { scope: '' })).toMatchObject({
      vector: Float32Array.of(1, 0),
    });
  });

  it('knows its fingerprint as soon as the model is loaded', async () => {
    const { embedding, known, load } = setUpModel(vector);
    expect(embedding.fingerprint).toBe(undefined);
    await load();
    expect(known).toEqual([embedding.fingerprint]);
  });

  it('reports what is wrong with the model, and says it until it is right again', async () => {
    const { embedding, troubles, become, load, listeners } = setUpModel(vector);
    await load();
    become('loading', 'Its process was killed.');
    expect(troubles).toEqual(['Embedder model: Its process was killed.']);
    expect(embedding.report().trouble).toBe('Its process was killed.');
    become('ready');
    expect(embedding.report().trouble).toBe(undefined);
    await embedding.close();
    expect(listeners).toEqual([]);
  });

  it('is not out of order for being slow, nor for calls that ended with its process', async () => {
    let fail = (_error: Error): void => {};
    const answer = () => new Promise<Float32Array>((_resolve, reject) => (fail = reject));
    const { embedding, clock, load, become } = setUpModel(answer);
    await load();
    for (let call = 0; call < 6; call++) {
      const late = embedding.embed(`slow ${call}`, { scope: '' });
      clock.advance(250);
      await new Promise((resolve) => setImmediate(resolve));
      expect(await late).toEqual({ none: 'late' });
    }
    for (let call = 0; call < 6; call++) {
      become('ready');
      const lost = embedding.embed(`lost ${call}`, { scope: '' });
      become('loading', 'Its process was killed.');
      fail(new Error('killed'));
      expect(await lost).toEqual({ none: 'failed' });
    }
    expect(embedding.report()).toMatchObject({ open: false, failures: 6 });
  });
});
