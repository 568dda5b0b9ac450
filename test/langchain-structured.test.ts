/**
 * Structured output of LangChain's models behind AskonceCache: what LangChain refuses is asked again.
 */
import { ChatAnthropic } from '@langchain/anthropic';
import { ChatOpenAI } from '@langchain/openai';
import { createCache } from 'askonce';
import { AskonceCache } from 'askonce/langchain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

/** A `fetch` that gives these answers in turn, and counts them. */
function scripted(answers: readonly object[]) {
  let calls = 0;
  const fetch = async () => Response.json(answers[calls++] ?? { error: { message: 'one call too many' } });
  return { fetch, calls: () => calls };
}

const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

/** OpenAI's answer with this text, or with these arguments of a call. */
function completion(text: string | undefined, args?: string): object {
  const call = { id: 'c', type: 'function', function: { name: 'extract', arguments: args } };
  const message = { role: 'assistant', content: text ?? null, ...(args && { tool_calls: [call] }) };
  const choice = { index: 0, message, finish_reason: args ? 'tool_calls' : 'stop' };
  return { id: 'r', object: 'chat.completion', created: 1, model: 'gpt-4.1', choices: [choice], usage };
}

const schema = z.object({ city: z.string(), nights: z.number().default(2) });
const right = '{"city":"Lisbon","nights":2}';
const output = { city: 'Lisbon', nights: 2 };

/** The outputs of three calls that ask the same; undefined for one that LangChain refuses. */
async function outputsOf(ask: () => Promise<unknown>): Promise<unknown[]> {
  const outputs: unknown[] = [];
  for (const _turn of [1, 2, 3]) outputs.push(await ask().catch(() => undefined));
  return outputs;
}

/** The outputs of OpenAI's model behind the cache, to which the provider gives these answers. */
async function openai(answers: readonly object[], method: 'functionCalling' | 'jsonMode' | 'jsonSchema') {
  const { fetch, calls } = scripted(answers);
  const cache = new AskonceCache(createCache());
  const options = { apiKey: 'sk', maxRetries: 0, cache, configuration: { fetch } };
  const model = new ChatOpenAI({ model: 'gpt-4.1', ...options });
  const structured = model.withStructuredOutput(schema, { method });
  return { outputs: await outputsOf(() => structured.invoke('Where?')), calls };
}

describe('structured output', () => {
  const byCall = (args: string) => completion(undefined, args);
  const byText = (text: string) => completion(text);

  it.each([
    ['functionCalling', 'without a call', byText('In Lisbon.'), byCall(right)],
    ['functionCalling', 'that does not fit', byCall('{"town":"Lisbon"}'), byCall(right)],
    ['jsonMode', 'that is no JSON', byText('In Lisbon.'), byText(right)],
    ['jsonMode', 'that does not fit', byText('{"town":"Lisbon"}'), byText(right)],
    ['jsonSchema', 'that does not fit', byText('{"town":"Lisbon"}'), byText(right)],
  ] as const)(
    'by %s, an answer %s is asked again, and one that fits is stored',
    async (method, _what, wrong, fit) => {
      const { outputs, calls } = await openai([wrong, fit], method);
      expect(outputs).toEqual([undefined, output, output]);
      expect(calls()).toBe(2);
    },
  );

  it.each([
    ['functionCalling', 'leaves out what has a default', byCall('{"city":"Lisbon"}')],
    [
      'functionCalling',
      'has a property that the schema does not know',
      byCall('{"city":"Lisbon","nights":2,"x":1}'),
    ],
    ['jsonMode', 'is in a block of Markdown', byText(`\`\`\`json\n${right}\n\`\`\``)],
  ] as const)(
    'by %s, an answer that %s is stored, as LangChain accepts it',
    async (method, _what, answer) => {
      const { outputs, calls } = await openai([answer], method);
      expect(outputs).toEqual([output, output, output]);
      expect(calls()).toBe(1);
    },
  );

  it('of Anthropic, an answer without a call is asked again, and one that fits is stored', async () => {
    const message = { id: 'm', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5' };
    const tokens = { usage: { input_tokens: 1, output_tokens: 1 } };
    const call = { type: 'tool_use', id: 't', name: 'extract', input: output };
    const { fetch, calls } = scripted([
      { ...message, content: [{ type: 'text', text: 'In Lisbon.' }], stop_reason: 'end_turn', ...tokens },
      { ...message, content: [call], stop_reason: 'tool_use', ...tokens },
    ]);
    const cache = new AskonceCache(createCache());
    const options = { apiKey: 'sk', maxRetries: 0, cache, clientOptions: { fetch } };
    const model = new ChatAnthropic({ model: 'claude-sonnet-4-5', ...options });
    const structured = model.withStructuredOutput(schema, { method: 'functionCalling' });
    expect(await outputsOf(() => structured.invoke('Where?'))).toEqual([undefined, output, output]);
    expect(calls()).toBe(2);
  });
});
