/**
 * A semantic tier that cannot be opened costs semantic hits, and nothing else.
 */
import type { ObservedEvent } from 'askonce';
import { createCache } from 'askonce';
import { expect, it } from 'vitest';
import { chat, completion, json } from './support/chat.ts';

async function* once(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text);
}

it('a tier that cannot be opened is reported once, and the cache answers and closes without it', async () => {
  const events: ObservedEvent[] = [];
  let closed = 0;
  const embedder = {
    close: () => {
      closed += 1;
    },
    get name(): string {
      throw new Error('there is no name');
    },
    version: '1',
    prefix: '',
    pooling: '',
    weights: '',
    embed: () => undefined,
  };
  const observe = (event: ObservedEvent) => void events.push(event);
  const cache = createCache({ semantic: { embedder }, observe });
  const provider = async () => ({ status: 200, headers: json, body: once(completion({ text: 'By mail.' })) });
  const asked = chat({ question: 'How can I reset my password?' });
  expect((await cache.ask(asked, provider)).status).toBe(200);
  expect(await cache.semantic()).toMatchObject({ off: 'failed' });
  expect((await cache.explain(asked)).kind).not.toBe('bypass');
  await expect(cache.feedback({ match: 'm', verdict: 'wrong' })).rejects.toMatchObject({
    code: 'match_unknown',
  });
  await cache.close();
  expect(closed).toBe(1);
  const troubles = events.filter(({ type }) => type === 'semantic-trouble');
  expect(troubles).toEqual([
    { type: 'semantic-trouble', part: 'tier', message: 'It is off: there is no name' },
  ]);
});
