import { type CacheRequest, cacheStatusHeader, type SettingsInput } from 'askonce';
import { describe, expect, it } from 'vitest';
import { answer, apiError, type ChatWish, chat } from './support/chat.ts';
import { type GatedCall, settled, textOf } from './support/gated-provider.ts';
import { setUpCache } from './support/set-up-cache.ts';

function setUp(settings: SettingsInput = { batchWindowMs: 10 }) {
  const made = setUpCache({ settings });
  const ask = (input: unknown, wish: EmbedWish = {}, signal?: AbortSignal) =>
    made.cache.ask(embed(input, wish), made.provider, { signal });
  return { ...made, ask };
}

type EmbedWish = ChatWish & { readonly extra?: Readonly<Record<string, unknown>> };

function embed(input: unknown, { extra, ...wish }: EmbedWish = {}): CacheRequest {
  return {
    ...chat(wish),
    protocol: 'openai-embeddings',
    route: '/embeddings',
    body: JSON.stringify({ model: 'emb', input, encoding_format: 'float', ...extra }),
  };
}

function inputOf(call: GatedCall): unknown {
  return JSON.parse(String(call.request.body)).input;
}

/**
 * What the provider would answer: a vector that shows its input, in characters that no serialiser would
 * choose.
 */
function vectors(input: unknown): string {
  const texts: readonly string[] = (Array.isArray(input) ? input : [input]).map(String);
  const items = texts.map(
    (text, index) => `{"object":"embedding","index":${index},"embedding":[${text.length}.50,-1E-2]}`,
  );
  const tokens = texts.reduce((sum, text) => sum + text.length, 0);
  return `{"object":"list","data":[${items.join(',')}],"model":"emb-1","usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}}`;
}

const give = (call: GatedCall) => answer(call, vectors(inputOf(call)));

describe('different requests for embeddings within one window', () => {
  it('requests within one window share a call, and each is answered in the provider’s own characters as if it had asked alone', async () => {
    const { ask, pass, calls, call, count } = setUp();
    const asked = [ask('a'), ask('bbb'), ask(['cc'])];
    await pass(9);
    const late = ask('dddd');
    expect(calls.length).toBe(0);
    await pass(1);
    expect(calls.map(inputOf)).toEqual([['a', 'bbb', 'cc', 'dddd']]);
    give(call(0));
    const texts = await Promise.all([...asked, late].map(async (reply) => textOf(await reply)));
    expect(texts).toEqual(['a', 'bbb', 'cc', 'dddd'].map(vectors));
    expect((await asked[0])?.headers).toMatchObject({ 'x-request-id': 'req_origin' });
    expect([count('provider-call'), count('provider-answer'), count('stored')]).toEqual([1, 1, 4]);
    for (const input of ['a', 'bbb', 'cc', 'dddd']) {
      const again = await ask(input);
      expect(again.cacheStatus.kind).toBe('hit');
      expect(await textOf(again)).toBe(vectors(input));
    }
    expect(calls.length).toBe(1);
  });

  it('a request that is alone in its window is sent in its own bytes', async () => {
    const { ask, pass, calls, call, count } = setUp();
    const asked = ask('a');
    await pass(10);
    expect(calls.map(({ request }) => request.body)).toEqual([embed('a').body]);
    give(call(0));
    expect(cacheStatusHeader((await asked).cacheStatus)).toBe('askonce; fwd=miss; stored');
    expect(count('provider-call')).toBe(1);
  });

  it('identical requests within one window are one input', async () => {
    const { ask, pass, calls, call } = setUp();
    const asked = [ask('a'), ask('a'), ask('b'), ask(['a'])];
    await pass(10);
    expect(calls.map(inputOf)).toEqual([['a', 'b']]);
    give(call(0));
    for (const reply of await Promise.all(asked)) expect(reply.status).toBe(200);
  });

  it('lists of tokens share a call of their own, apart from texts', async () => {
    const { ask, pass, calls, call } = setUp();
    const asked = [ask([1, 2]), ask('a'), ask([[3]]), ask('b')];
    await pass(10);
    expect(calls.map(inputOf)).toEqual([
      [[1, 2], [3]],
      ['a', 'b'],
    ]);
    give(call(0));
    give(call(1));
    expect(await textOf(await (asked[2] ?? ask('')))).toBe(vectors([[3]]));
  });

  it.each<[string, EmbedWish]>([
    ['credential', { key: 'beta' }],
    ['provider', { upstream: 'https://other.test/v1' }],
    ['query', { query: 'api-version=2' }],
    ['model', { extra: { model: 'other' } }],
    ['dimension', { extra: { dimensions: 3 } }],
    ['form', { extra: { encoding_format: 'base64' } }],
    ['user', { extra: { user: 'u' } }],
    ['header that counts', { headers: { authorization: 'Bearer alpha', 'x-unknown': '1' } }],
  ])('requests that differ in their %s are not sent in one call', async (_what, wish) => {
    const { ask, pass, calls } = setUp();
    for (const input of ['a', 'b']) {
      ask(input).catch(() => {});
      ask(`other ${input}`, wish).catch(() => {});
    }
    await pass(10);
    expect(calls.map(inputOf)).toEqual([
      ['a', 'b'],
      ['other a', 'other b'],
    ]);
  });

  it('a request after the window has closed is sent in the next call', async () => {
    const { ask, pass, calls } = setUp();
    ask('a').catch(() => {});
    await pass(10);
    ask('b').catch(() => {});
    await pass(9);
    expect(calls.length).toBe(1);
    await pass(1);
    expect(calls.map(inputOf)).toEqual(['a', 'b']);
  });

  it('a request is sent at once while the window is off', async () => {
    const { ask, calls } = setUp({ batchWindowMs: 0 });
    ask('a').catch(() => {});
    ask('b').catch(() => {});
    await settled();
    expect(calls.map(inputOf)).toEqual(['a', 'b']);
  });

  it('a list that is alone in its window is sent as it is', async () => {
    const { ask, pass, calls, call } = setUp();
    const asked = ask(['a', 'b']);
    await pass(10);
    expect(calls.map(inputOf)).toEqual([['a', 'b']]);
    give(call(0));
    expect(await textOf(await asked)).toBe(vectors(['a', 'b']));
  });

  it('lists, single inputs and what is missing of a list share a call, and usage is divided among them', async () => {
    const { ask, pass, calls, call, count } = setUp();
    const stored = ask('bbb');
    await pass(10);
    give(call(0));
    await stored;
    const asked = [ask(['a', 'bbb', 'cc']), ask('dddd'), ask(['eeeee', 'ffffff']), ask(['cc', 'dddd'])];
    await pass(10);
    expect(calls.slice(1).map(inputOf)).toEqual([['dddd', 'a', 'cc', 'eeeee', 'ffffff']]);
    give(call(1));
    const texts = await Promise.all(asked.map(async (reply) => textOf(await reply)));
    expect(texts).toEqual([['a', 'bbb', 'cc'], 'dddd', ['eeeee', 'ffffff'], ['cc', 'dddd']].map(vectors));
    const details = await Promise.all(
      asked.map(async (reply) => cacheStatusHeader((await reply).cacheStatus)),
    );
    expect(details).toEqual([
      'askonce; fwd=miss; stored; detail="1/3"',
      'askonce; fwd=miss; stored',
      'askonce; fwd=miss; stored; detail="0/2"',
      'askonce; fwd=miss; collapsed; detail="0/2"',
    ]);
    expect([count('provider-call'), count('provider-answer'), count('stored')]).toEqual([2, 2, 6]);
  });

  it('lists of one window never exceed the inputs that one call may have', async () => {
    const { ask, pass, calls } = setUp();
    const list = (from: number, length: number) => Array.from({ length }, (_, index) => `${from + index}`);
    for (const [from, length] of [
      [0, 1500],
      [2000, 1000],
      [4000, 1048],
    ] as const)
      ask(list(from, length)).catch(() => {});
    await pass(10);
    expect(calls.map((call) => [inputOf(call)].flat().length)).toEqual([1500, 2048]);
  });

  it('a call takes at most as many inputs as OpenAI allows', async () => {
    const { ask, calls } = setUp();
    for (let number = 0; number < 2_050; number++) ask(`${number}`).catch(() => {});
    await settled();
    expect(calls.map((call) => [inputOf(call)].flat().length)).toEqual([2_048]);
  });

  it('a call takes at most as many characters as OpenAI allows', async () => {
    const { ask, pass, calls } = setUp();
    for (const letter of ['a', 'b', 'c', 'd']) ask(letter.repeat(100_000)).catch(() => {});
    await pass(10);
    expect(calls.map((call) => [inputOf(call)].flat().length)).toEqual([2, 2]);
    ask('e'.repeat(300_000)).catch(() => {});
    await settled();
    expect(calls.length).toBe(3);
  });
});

describe('a call that fails for one of its requests', () => {
  it.each([400, 413, 422])(
    'each request is sent alone after the provider has refused their call with %i',
    async (status) => {
      const { ask, pass, calls, call, count } = setUp();
      const [good, bad] = [ask('good'), ask('bad')];
      await pass(10);
      answer(call(0), apiError('input[1] is invalid'), status);
      await settled();
      expect(calls.map(inputOf)).toEqual([['good', 'bad'], 'good', 'bad']);
      give(call(1));
      answer(call(2), apiError('input is invalid'), 400);
      expect(await textOf(await good)).toBe(vectors('good'));
      expect(await bad).toMatchObject({ status: 400 });
      expect([count('provider-call'), count('provider-answer')]).toEqual([3, 3]);
    },
  );

  it('each request is sent alone after an answer that cannot be split', async () => {
    const { ask, pass, calls, call } = setUp();
    const asked = [ask('a'), ask('b')];
    await pass(10);
    answer(call(0), vectors('a'));
    await settled();
    expect(calls.map(inputOf).slice(1)).toEqual(['a', 'b']);
    give(call(1));
    give(call(2));
    for (const reply of await Promise.all(asked)) expect(reply.status).toBe(200);
  });

  it.each([401, 429, 500])(
    'a failure that concerns no single input (%i) is passed on to each request of the call',
    async (status) => {
      const { ask, pass, calls, call } = setUp();
      const asked = [ask('a'), ask('b')];
      await pass(10);
      const text = apiError('Not now', 'some_error');
      answer(call(0), text, status);
      for (const reply of await Promise.all(asked)) {
        expect(reply.status).toBe(status);
        expect(await textOf(reply)).toBe(text);
      }
      expect(calls.length).toBe(1);
    },
  );

  it('each request of a call is rejected when the provider cannot be reached', async () => {
    const { ask, pass, calls, call, count } = setUp();
    const asked = [ask('a'), ask('b')];
    await pass(10);
    call(0).fail(new Error('gone'));
    for (const reply of asked) await expect(reply).rejects.toMatchObject({ code: 'provider_unreachable' });
    expect([calls.length, count('provider-failure')]).toEqual([1, 1]);
  });
});

describe('a caller that leaves a window', () => {
  /** An abandoned call is cancelled after this many milliseconds. */
  const abandonedMs = 30_000;

  it('a request whose caller left before the window closed is still sent, as any abandoned call goes on for a while', async () => {
    const { ask, pass, calls, clock } = setUp({ batchWindowMs: 1_000 });
    const abort = new AbortController();
    const gone = ask('a', {}, abort.signal);
    const stays = ask('b');
    stays.catch(() => {});
    await settled();
    abort.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    await pass(999);
    expect(calls.length).toBe(0);
    await pass(1);
    expect(calls.map(inputOf)).toEqual([['a', 'b']]);
    clock.advance(abandonedMs);
    expect(calls[0]?.signal.aborted).toBe(false);
  });

  it('a call is cancelled once all its callers have left', async () => {
    const { ask, pass, call } = setUp();
    const aborts = [new AbortController(), new AbortController()];
    const asked = aborts.map(({ signal }, index) => ask(`${index}`, {}, signal));
    await pass(10);
    for (const [index, abort] of aborts.entries()) {
      expect(call(0).signal.aborted).toBe(false);
      abort.abort(new Error('left'));
      await expect(asked[index]).rejects.toThrow('left');
      await pass(abandonedMs);
    }
    expect(call(0).signal.aborted).toBe(true);
  });

  it('with `abandoned: cancel`, a request whose caller left before the window closed is not sent', async () => {
    const { ask, pass, calls } = setUp({ batchWindowMs: 10, abandoned: 'cancel' });
    const abort = new AbortController();
    const gone = ask('a', {}, abort.signal);
    ask('b').catch(() => {});
    const alone = new AbortController();
    const other = ask('c', { key: 'beta' }, alone.signal);
    await settled();
    abort.abort(new Error('left'));
    alone.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    await expect(other).rejects.toThrow('left');
    await pass(10);
    expect(calls.map(inputOf)).toEqual(['b']);
  });
});
