/**
 * The same question in other words, asked of a function: with the built-in embedder, guards and gates on.
 */
import { staticEmbedder } from '@askonce/embedder-static';
import { askValue, askValues, type SemanticOptions } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { expect, it, onTestFinished } from 'vitest';
import '../packages/askonce/src/semantic/tier.ts';
import { observedCache } from './support/set-up-cache.ts';
import { allOf } from './support/values-question.ts';

const [question, again, other] = [
  'How do I reset my password?',
  'How can I reset my password?',
  'How can I reset my email?',
] as const;

function setUp(semantic: Partial<SemanticOptions> = {}) {
  const { cache, events } = observedCache({
    clock: fakeClock(),
    semantic: { embedder: staticEmbedder(), upper: 0.7, lower: 0.5, ...semantic },
  });
  onTestFinished(() => cache.close(0));
  const made: unknown[] = [];
  const ask = (input: { readonly question: string; readonly product?: string }, text?: string) =>
    askValue(
      cache,
      { name: 'answer', input: { product: 'mail', ...input }, text },
      () => {
        made.push(input.question);
        return { answers: input.question };
      },
      { facts: () => ({ usage: { inputTokens: 70, outputTokens: 30 }, model: 'gpt-4o-mini' }) },
    );
  return { cache, events, made, ask };
}

it('a question to a function in other words is a semantic hit, if the property with its text is named', async () => {
  const { ask, made, events } = setUp();
  const first = await ask({ question }, 'question');
  const reply = await ask({ question: again }, 'question');
  expect(reply).toMatchObject({
    value: { answers: question },
    cacheStatus: { kind: 'hit', detail: 'semantic' },
  });
  expect(reply.similarity).toBeGreaterThan(0.7);
  expect(events.at(-1)).toMatchObject({ type: 'hit', kind: 'semantic', entry: first.key, savedTokens: 100 });
  expect((await ask({ question: again })).value).toEqual({ answers: again });
  expect(made).toEqual([question, again]);
});

it('a question about something else, or whose other properties differ, is asked of the function', async () => {
  const { ask } = setUp();
  await ask({ question }, 'question');
  expect((await ask({ question: other }, 'question')).value).toEqual({ answers: other });
  expect((await ask({ question: again, product: 'shop' }, 'question')).value).toEqual({ answers: again });
});

it('a verifier compares the question with the text of the stored value', async () => {
  const seen: unknown[] = [];
  const { ask } = setUp({
    upper: 0.99,
    verifier: ({ earlierAnswer }) => {
      seen.push(earlierAnswer);
      return true;
    },
  });
  await ask({ question }, 'question');
  expect((await ask({ question: again }, 'question')).value).toEqual({ answers: question });
  expect(seen).toEqual([JSON.stringify({ answers: question })]);
});

it('a wrong answer that is reported blocks the value for other questions', async () => {
  const { ask, cache } = setUp();
  await ask({ question }, 'question');
  const { match = '' } = await ask({ question: again }, 'question');
  await cache.feedback({ match, verdict: 'wrong' });
  expect((await ask({ question: again }, 'question')).value).toEqual({ answers: again });
  expect((await ask({ question }, 'question')).value).toEqual({ answers: question });
});

it('a stream of values answers the same question in other words with all its values', async () => {
  const { cache } = setUp();
  const ask = async (asked: string) => {
    const reply = await askValues(cache, { name: 'words', input: [asked], text: '0' }, async function* () {
      yield* asked.split(' ');
    });
    return { words: await allOf(reply.values), detail: reply.cacheStatus.detail };
  };
  await ask(question);
  expect(await ask(again)).toEqual({ words: question.split(' '), detail: 'semantic' });
});
