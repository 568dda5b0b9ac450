import { describe, expect, it, vi } from 'vitest';
import { fakeClock } from '../../testing/fake-clock.ts';
import { type SharedThread, sharedThread } from '../../threads/shared-thread.ts';
import type { Listing } from './catalogue.ts';
import type { PricedAnswer } from './contract.ts';
import { threadPricing } from './lookup.ts';
import { run } from './lookup-thread.ts';
import { loadPricing } from './pricing.ts';

const today = Date.parse('2026-11-29T12:00:00Z');

function answer(model: string, more: Partial<PricedAnswer> = {}): PricedAnswer {
  const provider = 'https://api.openai.com/v1';
  const usage = { inputTokens: 1000, outputTokens: 100 };
  return { provider, protocol: 'openai-chat', model, usage, at: today, ...more };
}

const answers = [
  answer('gpt-4o'),
  answer('gpt-4o', { at: today + 1 }),
  answer('my-alias', { asked: 'gpt-4o-mini' }),
  answer('', { asked: 'gpt-4o' }),
  answer('claude-sonnet-4-5', { provider: 'https://api.anthropic.com/v1', protocol: 'anthropic-messages' }),
  answer('gpt-4o', { usage: { inputTokens: 5, outputTokens: 5, serviceTier: 'batch' } }),
  answer('own', { usage: { inputTokens: 5, outputTokens: 5, serviceTier: 'flex' } }),
  answer('no such model'),
  answer('gpt-4o', { usage: undefined }),
];
const prices = [{ model: 'own', inputUsdPerMillion: 3 }];

/** Runs the program at once, in this thread. */
const inThisThread: SharedThread = {
  start(_program, settings, { onMessage, onEnd }) {
    run(Array.isArray(settings) ? settings : [], {
      send: (message) => Reflect.apply(onMessage, undefined, [message]),
      onMessage: () => {},
      close: () => onEnd(),
    });
    return { send: () => {}, hold: () => {}, release: () => {} };
  },
};

/** Never answers; `end` ends what it has started. */
function silentThread() {
  const ends: (() => void)[] = [];
  const start: SharedThread['start'] = (_program, _settings, { onEnd }) => {
    ends.push(() => onEnd('out of memory'));
    return { send: () => {}, hold: () => {}, release: () => {} };
  };
  const end = () => {
    for (const each of ends) each();
  };
  return { start, end };
}

async function costsBy(pricing: ReturnType<typeof threadPricing>) {
  await pricing.learn(answers);
  return answers.map(pricing.costOf);
}

const expected = async () => {
  const pricing = await loadPricing({ prices });
  return answers.map((each) => pricing.costOf(each));
};

describe('prices that are looked up in a thread', () => {
  it('are those that are looked up here', async () => {
    const thread = sharedThread('prices', { maxYoungGenerationSizeMb: 4 });
    expect(await costsBy(threadPricing({ thread, prices }))).toEqual(await expected());
    expect(await costsBy(threadPricing({ thread: inThisThread, prices }))).toEqual(await expected());
  });

  it('are looked up once a day for a model that has none, which may have one from the next day on', async () => {
    const own = [{ model: 'inhouse', inputUsdPerMillion: 1000, from: '2026-11-30' }];
    const pricing = threadPricing({ thread: inThisThread, prices: own });
    const midnight = today + 12 * 3_600_000;
    await pricing.learn([answer('inhouse')]);
    expect(pricing.isKnown(answer('inhouse', { at: midnight - 1 }))).toBe(true);
    expect(pricing.isKnown(answer('inhouse', { at: midnight }))).toBe(false);
    await pricing.learn([answer('inhouse', { at: midnight })]);
    expect(pricing.costOf(answer('inhouse', { at: midnight })).nano).toBe(1e9);
  });

  it('cost the flat rate before they are known, and are known for a quarter of an hour', async () => {
    const pricing = threadPricing({ thread: inThisThread, flatRateUsd: 0.5 });
    expect(pricing.isKnown(answer('gpt-4o'))).toBe(false);
    expect(pricing.costOf(answer('gpt-4o'))).toEqual({ nano: 5e8, estimated: true, promptCacheNano: 0 });
    await pricing.learn([answer('gpt-4o')]);
    expect(pricing.isKnown(answer('gpt-4o', { at: today + 14 * 60_000 }))).toBe(true);
    expect(pricing.isKnown(answer('gpt-4o', { at: today + 15 * 60_000 }))).toBe(false);
    expect(pricing.costOf(answer('gpt-4o'))).toMatchObject({ nano: 3_500_000, estimated: false });
    expect(pricing.source).toMatchObject({ name: '@pydantic/genai-prices', flatRate: 0.5 });
  });

  it('are looked up here if the thread ends or does not answer', async () => {
    const { start, end } = silentThread();
    const ended = costsBy(threadPricing({ thread: { start }, prices }));
    end();
    expect(await ended).toEqual(await expected());
    const clock = fakeClock();
    const late = costsBy(threadPricing({ thread: { start }, prices, clock }));
    clock.advance(10_000);
    expect(await late).toEqual(await expected());
  });

  it('are all known after a look-up, however many are known before', async () => {
    const pricing = threadPricing({ thread: inThisThread });
    const many = (from: number) => Array.from({ length: 1_000 }, (_, n) => answer(`model ${from + n}`));
    for (const from of [0, 1_000, 2_000]) {
      await pricing.learn(many(from));
      expect(many(from).every(pricing.isKnown)).toBe(true);
    }
    expect(many(0).some(pricing.isKnown)).toBe(false);
  });

  it('are flat for what the list or the thread leaves out', async () => {
    const start: SharedThread['start'] = (_program, _settings, { onMessage }) => {
      Reflect.apply(onMessage, undefined, [[]]);
      return { send: () => {}, hold: () => {}, release: () => {} };
    };
    const pricing = threadPricing({ thread: { start } });
    await pricing.learn([answer('gpt-4o')]);
    expect(pricing.isKnown(answer('gpt-4o'))).toBe(true);
    expect(pricing.costOf(answer('gpt-4o')).estimated).toBe(true);
  });
});

describe('the program of the thread', () => {
  it('has no price where the list fails, and those of all others', () => {
    const send = vi.fn<(listings: readonly Listing[]) => void>();
    const [query] = [answer('gpt-4o')];
    const broken = {
      ...query,
      get model(): string {
        throw new Error('broken');
      },
    };
    run([broken, query ?? answer('gpt-4o')], { send, onMessage: () => {}, close: () => {} });
    expect(send.mock.calls[0]?.[0]).toMatchObject([{ listed: undefined }, { listed: { seller: 'openai' } }]);
  });
});
