import type { CacheRequest, Provider } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { chat, completion, json, sse } from './support/chat.ts';
import { textOf } from './support/gated-provider.ts';
import { observedCache, once } from './support/set-up-cache.ts';

const frame = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

/** Streams as their options ask: padded unless they decline, and with usage where they ask for it. */
function streamFor(options: Readonly<Record<string, unknown>>): string {
  const padding = options['include_obfuscation'] === false ? {} : { obfuscation: 'x7Q' };
  const each = options['continuous_usage_stats'] === true ? { usage } : {};
  const chunk = (delta: object, finish_reason: string | null) => ({
    ...frame,
    choices: [{ index: 0, delta, finish_reason }],
    ...each,
    ...padding,
  });
  return [
    chunk({ role: 'assistant', content: 'Paris.' }, null),
    chunk({}, 'stop'),
    ...(options['include_usage'] === true ? [{ ...frame, choices: [], usage, ...padding }] : []),
    '[DONE]',
  ]
    .map((data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
    .join('');
}

function setUp() {
  const { cache } = observedCache({ clock: fakeClock() });
  let calls = 0;
  async function ask(body: Readonly<Record<string, unknown>>) {
    const before = calls;
    const options = { ...(typeof body['stream_options'] === 'object' ? body['stream_options'] : {}) };
    const provider: Provider = async () => {
      calls += 1;
      const text = body['stream'] === true ? streamFor(options) : completion();
      return { status: 200, headers: body['stream'] === true ? sse : json, body: once(text) };
    };
    const request: CacheRequest = chat({ body });
    const text = await textOf(await cache.ask(request, provider));
    return { text, called: calls > before };
  }
  return {
    ask,
    stream: (options?: Readonly<Record<string, unknown>>) => ask({ stream: true, stream_options: options }),
  };
}

describe('options of a stream', () => {
  it('the requests that clients usually send share one answer', async () => {
    const { ask, stream } = setUp();
    expect(await stream({ include_usage: true })).toMatchObject({ called: true });
    expect(await stream({ include_usage: true })).toMatchObject({ called: false });
    expect(await stream()).toMatchObject({ called: false });
    expect(await ask({})).toMatchObject({ called: false });
    expect(await ask({ stream: false })).toMatchObject({ called: false });
  });

  it('a request without padding is served a padded answer, without the padding', async () => {
    const { stream } = setUp();
    expect((await stream({ include_usage: true })).text).toContain('obfuscation');
    const bare = await stream({ include_usage: true, include_obfuscation: false });
    expect(bare.called).toBe(false);
    expect(bare.text).toBe(streamFor({ include_usage: true, include_obfuscation: false }));
  });

  it('a request for a padded answer is not served one without, and replaces it', async () => {
    const { stream } = setUp();
    await stream({ include_usage: true, include_obfuscation: false });
    const padded = await stream({ include_usage: true });
    expect(padded.called).toBe(true);
    expect(padded.text).toBe(streamFor({ include_usage: true }));
    expect(await stream({ include_usage: true })).toMatchObject({ called: false });
    expect(await stream({ include_obfuscation: false })).toMatchObject({ called: false });
  });

  it.each([
    ['usage in each chunk', { include_usage: true, continuous_usage_stats: true }],
    ['usage in each chunk of Volcengine', { include_usage: true, chunk_include_usage: true }],
    ['an unknown option', { include_usage: true, include_thoughts: true }],
    ['an unknown option that is off', { include_usage: true, include_thoughts: false }],
  ])('no answer is shared between a stream with %s and one without', async (_what, options) => {
    const { ask, stream } = setUp();
    expect(await stream(options)).toMatchObject({ called: true });
    expect(await stream({ include_usage: true })).toEqual({
      called: true,
      text: streamFor({ include_usage: true }),
    });
    expect(await stream(options)).toEqual({ called: false, text: streamFor(options) });
    expect(await ask({})).toMatchObject({ called: false });
    expect(await stream({ include_usage: true })).toMatchObject({ called: false });
  });
});
