/**
 * `POST /v1/completions`
 */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { chunk, done, type Endpoint, type PacedEvent, read } from './answer.ts';
import { type Generation, generate } from './generate.ts';
import { tokenLimit } from './openai-request.ts';
import { countTokens } from './tokens.ts';

const completionsRequest = z.looseObject({
  model: z.string().min(1).max(200),
  prompt: z.union([
    z.string(),
    z.array(z.string()).min(1).max(2_048),
    z.array(z.int()).min(1).max(1_000_000),
    z.array(z.array(z.int()).max(1_000_000)).min(1).max(2_048),
  ]),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().min(1).max(128).nullish(),
  max_tokens: tokenLimit,
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  echo: z.boolean().nullish(),
});

export const completions: Endpoint = (call) => {
  const request = read(completionsRequest, call.body);
  const { stop } = request;
  const prompts = promptsOf(request.prompt);
  const limit = request.max_tokens ?? 16;
  const choices = prompts.flatMap(({ text }) =>
    Array.from({ length: request.n ?? 1 }, (_, index) => {
      const wanted = {
        seed: `${text}\n${call.seed}`,
        question: text,
        limit,
        tool: undefined,
        json: undefined,
      };
      const generation = generate(
        { ...wanted, stop: typeof stop === 'string' ? [stop] : (stop ?? []) },
        index,
      );
      return { echo: request.echo === true ? text : '', generation };
    }),
  );
  const prompt = prompts.reduce((sum, { tokens }) => sum + tokens, 0);
  const completion = choices.reduce((sum, { generation }) => sum + generation.tokens.length, 0);
  const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  const head = {
    id: `cmpl-${call.id(29)}`,
    object: 'text_completion',
    created: call.now,
    model: request.model,
  };
  if (request.stream === true) {
    const includeUsage = request.stream_options?.include_usage === true;
    return { form: 'stream', events: streamed(head, choices, includeUsage ? usage : undefined) };
  }
  const written = choices.map(({ echo, generation }, index) =>
    choiceOf(index, echo + generation.tokens.join(''), finishReason(generation)),
  );
  const tokens = Math.max(...choices.map(({ generation }) => generation.tokens.length));
  return { form: 'body', body: { ...head, choices: written, usage }, tokens };
};

interface Choice {
  readonly echo: string;
  readonly generation: Generation;
}

function* streamed(
  head: JsonObject,
  choices: readonly Choice[],
  usage: JsonObject | undefined,
): Iterable<PacedEvent> {
  const more = usage === undefined ? {} : { usage: null };
  for (const [index, { echo, generation }] of choices.entries()) {
    if (echo !== '') yield chunk({ ...head, choices: [choiceOf(index, echo, null)], ...more });
    for (const token of generation.tokens)
      yield chunk({ ...head, choices: [choiceOf(index, token, null)], ...more }, true);
    yield chunk({ ...head, choices: [choiceOf(index, '', finishReason(generation))], ...more });
  }
  if (usage !== undefined) yield chunk({ ...head, choices: [], usage });
  yield done;
}

function choiceOf(index: number, text: string, finish: string | null): JsonObject {
  return { index, text, logprobs: null, finish_reason: finish };
}

function finishReason({ end }: Generation): string {
  return end === 'limit' ? 'length' : 'stop';
}

/** Token numbers are used as they are: the simulated model has no vocabulary. */
function promptsOf(
  prompt: z.output<typeof completionsRequest>['prompt'],
): readonly { readonly text: string; readonly tokens: number }[] {
  const ofNumbers = (numbers: readonly number[]) => ({ text: numbers.join(' '), tokens: numbers.length });
  const ofText = (text: string) => ({ text, tokens: countTokens(text) });
  if (typeof prompt === 'string') return [ofText(prompt)];
  const numbers = prompt.filter((item) => typeof item === 'number');
  if (numbers.length > 0) return [ofNumbers(numbers)];
  return prompt.flatMap((item) =>
    typeof item === 'string' ? ofText(item) : typeof item === 'number' ? [] : ofNumbers(item),
  );
}
