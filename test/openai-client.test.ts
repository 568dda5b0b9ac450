import { startSimulatedProvider } from 'askonce/testing';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clientSetUp, listOf } from './support/client-set-up.ts';

const provider = await startSimulatedProvider();
const setup = await clientSetUp(provider);
afterAll(() => setup.close());
const { twice } = setup;
const openai = new OpenAI({
  apiKey: 'sk-openai-test',
  baseURL: `${setup.gateway.url}/v1`,
  maxRetries: 0,
  fetch: setup.fetch,
});

const model = 'gpt-4.1-mini';
let asked = 0;
/** A question that has not been asked before. */
function messages() {
  asked += 1;
  return [{ role: 'user' as const, content: `What is the weather in Lisbon on day ${asked}?` }];
}

const parameters = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters } }];
const place = z.object({ city: z.string(), degrees: z.int().min(-10).max(40) });

describe('chat completions', () => {
  it('the OpenAI client reads the same chat completion from a stored answer', async () => {
    const request = { model, messages: messages() };
    const completion = await twice(() => openai.chat.completions.create(request));
    expect(completion.choices[0]?.message.content).toMatch(/\w/);
    expect(setup.headers.get('askonce-key')).toMatch(/^askonce:v1:/);
    expect(setup.headers.get('age')).toMatch(/^\d+$/);
  });

  it('the OpenAI client reads the same stream from a stored answer, without usage and with it', async () => {
    const request = { model, messages: messages(), stream: true as const };
    const bare = await twice(async () => listOf(await openai.chat.completions.create(request)));
    expect(bare.some((chunk) => 'usage' in chunk)).toBe(false);
    const telling = { ...request, messages: messages(), stream_options: { include_usage: true } };
    const events = await twice(async () => listOf(await openai.chat.completions.create(telling)));
    expect(events.at(-1)?.usage?.completion_tokens).toBe(events.length - 3);
  });

  it('a stream stored with usage serves a plain request with the same content', async () => {
    const request = { model, messages: messages() };
    const streamed = await twice(() =>
      openai.chat.completions
        .stream({ ...request, stream_options: { include_usage: true } })
        .finalChatCompletion(),
    );
    const before = provider.calls;
    const plain = await openai.chat.completions.create(request);
    expect(setup.status).toContain('detail="converted"');
    expect(plain.choices[0]?.message.content).toBe(streamed.choices[0]?.message.content);
    expect([plain.id, plain.usage]).toEqual([streamed.id, streamed.usage]);
    expect(provider.calls).toBe(before);
  });

  it('the OpenAI client gets the same tool calls from a stored answer, plain and streamed', async () => {
    const plain = await twice(() => openai.chat.completions.create({ model, messages: question, tools }));
    const called = { type: 'function', function: { name: 'get_weather', arguments: '{"city":"Lisbon"}' } };
    expect(plain.choices[0]?.message.tool_calls).toMatchObject([called]);
    const streamed = await twice(() =>
      openai.chat.completions.stream({ model, messages: other, tools }).finalChatCompletion(),
    );
    expect(streamed.choices[0]?.message.tool_calls).toMatchObject([called]);
  });

  it('the helper that runs tools repeats its round without a provider call', async () => {
    const said = messages();
    let ran = 0;
    const run = () =>
      openai.chat.completions
        .runTools({
          model,
          messages: said,
          tools: [
            {
              type: 'function',
              function: {
                name: 'get_weather',
                description: 'Tells the weather of a city.',
                parameters,
                parse: JSON.parse,
                function: () => {
                  ran += 1;
                  return '21 degrees';
                },
              },
            },
          ],
        })
        .finalContent();
    const before = provider.calls;
    const first = await run();
    expect([provider.calls - before, ran]).toEqual([2, 1]);
    expect(await run()).toBe(first);
    expect([provider.calls - before, ran]).toEqual([2, 2]);
    expect(first).toMatch(/\w/);
  });

  it('the OpenAI client gets the same structured output from a stored answer, by schema and by the parse helper', async () => {
    const response_format = zodResponseFormat(place, 'place');
    const said = messages();
    const parsed = await twice(() =>
      openai.chat.completions.parse({ model, messages: said, response_format }),
    );
    expect(place.safeParse(parsed.choices[0]?.message.parsed).success).toBe(true);
    const streaming = messages();
    const streamed = await twice(() =>
      openai.chat.completions.stream({ model, messages: streaming, response_format }).finalChatCompletion(),
    );
    expect(place.safeParse(streamed.choices[0]?.message.parsed).success).toBe(true);
  });

  it.each(['data:image/png;base64,iVBORw0KGgo=', 'https://example.test/cat.png'])(
    'an image by %s is answered from a stored answer',
    async (url) => {
      const content = [
        { type: 'text' as const, text: 'What is this?' },
        { type: 'image_url' as const, image_url: { url } },
      ];
      const request = { model, messages: [{ role: 'user' as const, content }] };
      const { usage } = await twice(() => openai.chat.completions.create(request));
      expect(usage?.prompt_tokens).toBe(4 + 85);
    },
  );

  it('another image counts as another question', async () => {
    const ask = async (url: string) => {
      const content = [{ type: 'image_url' as const, image_url: { url } }];
      await openai.chat.completions.create({ model, messages: [{ role: 'user', content }] });
      return setup.status;
    };
    const urls = ['data:image/png;base64,AAAA', 'data:image/png;base64,AAAB', 'data:image/gif;base64,AAAA'];
    for (const url of urls) expect(await ask(url)).toBe('askonce; fwd=miss; stored');
    for (const url of urls) expect(await ask(url)).toContain('; hit');
  });

  const question = [{ role: 'user' as const, content: 'How warm is it in Lisbon?' }];
  const other = [{ role: 'user' as const, content: 'How cold is it in Lisbon?' }];
});

describe('completions', () => {
  it('the OpenAI client reads the same text completion from a stored answer, plain and streamed', async () => {
    const request = { model: 'gpt-3.5-turbo-instruct', prompt: 'Once upon a time', max_tokens: 500 };
    const plain = await twice(() => openai.completions.create(request));
    expect(plain.choices[0]?.text).toMatch(/\w/);
    const streaming = { ...request, prompt: 'Twice upon a time', stream: true as const };
    const chunks = await twice(async () => listOf(await openai.completions.create(streaming)));
    expect(chunks.length).toBeGreaterThan(3);
  });
});

describe('embeddings', () => {
  const embeddingModel = 'text-embedding-3-small';
  const vectorsOf = ({ data }: OpenAI.CreateEmbeddingResponse) => data.map(({ embedding }) => [...embedding]);

  it.each(['float', 'base64', undefined] as const)(
    'the OpenAI client reads the same vector from a stored answer, asked for as %s',
    async (encoding_format) => {
      const request = { model: embeddingModel, input: `a text as ${encoding_format}` };
      const { data } = await twice(() =>
        openai.embeddings.create({ ...request, ...(encoding_format && { encoding_format }) }),
      );
      expect(data).toHaveLength(1);
    },
  );

  it('vectors stored as base64 are served as numbers to a request for numbers', async () => {
    const request = { model: embeddingModel, input: 'a text in two forms' };
    const packed = await openai.embeddings.create(request);
    const plain = await openai.embeddings.create({ ...request, encoding_format: 'float' });
    expect(setup.status).toContain('detail="converted"');
    expect(vectorsOf(plain)[0]?.map(Math.fround)).toEqual(vectorsOf(packed)[0]);
  });

  it.each(['float', 'base64'] as const)(
    'of overlapping batches only the new inputs are asked for (%s)',
    async (encoding_format) => {
      const text = (letter: string) => `text ${letter} in ${encoding_format}`;
      const ask = (letters: string) =>
        openai.embeddings.create({ model: embeddingModel, input: [...letters].map(text), encoding_format });
      const before = provider.calls;
      const first = await ask('abc');
      expect(setup.status).toBe('askonce; fwd=miss; stored; detail="0/3"');
      const second = await ask('cxay');
      expect(setup.status).toBe('askonce; fwd=miss; stored; detail="2/4"');
      expect(provider.calls - before).toBe(2);
      const third = await ask('yabxc');
      expect(setup.status).toMatch(/^askonce; hit; ttl=\d+; detail="5\/5"$/);
      expect(provider.calls - before).toBe(2);
      const one = openai.embeddings.create({ model: embeddingModel, input: text('b'), encoding_format });
      expect((await one).data).toHaveLength(1);
      expect(setup.status).toContain('; hit');

      const [a, b, c] = vectorsOf(first);
      expect(new Set([a, b, c].map(String)).size).toBe(3);
      const [c2, x, a2, y] = vectorsOf(second);
      expect([a2, c2]).toEqual([a, c]);
      expect(vectorsOf(third)).toEqual([y, a, b, x, c]);
      expect(third.data.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
      expect(third.usage.prompt_tokens).toBeGreaterThan(0);
      // The same as without a gateway.
      const direct = new OpenAI({ apiKey: 'x', baseURL: `${provider.url}/v1` });
      const truth = await direct.embeddings.create({
        model: embeddingModel,
        input: [...'yabxc'].map(text),
        encoding_format,
      });
      expect(vectorsOf(third)).toEqual(vectorsOf(truth));
      expect(third.usage).toEqual(truth.usage);
    },
  );
});

describe('responses', () => {
  it('a stored response serves the OpenAI client as a body and as a stream', async () => {
    const request = { model, input: 'Tell me of Porto.' };
    const plain = await twice(() => openai.responses.create(request));
    expect(plain.output_text).toMatch(/\w/);
    const before = provider.calls;
    const streamed = await openai.responses.stream(request).finalResponse();
    expect([streamed.output_text, streamed.id]).toEqual([plain.output_text, plain.id]);
    expect(provider.calls).toBe(before);
  });

  it('the OpenAI client reads the same streamed response from a stored answer, event by event', async () => {
    const request = { model, input: 'Tell me of Braga.', stream: true as const };
    const events = await twice(async () => listOf(await openai.responses.create(request)));
    expect(events.at(0)?.type).toBe('response.created');
    expect(events.at(-1)?.type).toBe('response.completed');
  });

  it('the OpenAI client gets the same tool calls, structured output and image answers from stored responses', async () => {
    const tool = { type: 'function' as const, name: 'get_weather', parameters, strict: true };
    const called = await twice(() =>
      openai.responses.create({ model, input: 'Weather in Faro?', tools: [tool] }),
    );
    expect(called.output).toMatchObject([{ type: 'function_call', name: 'get_weather' }]);
    const parsed = await twice(() =>
      openai.responses.parse({ model, input: 'Where?', text: { format: zodTextFormat(place, 'place') } }),
    );
    expect(place.safeParse(parsed.output_parsed).success).toBe(true);
    const content = [
      { type: 'input_text' as const, text: 'What is it?' },
      { type: 'input_image' as const, detail: 'auto' as const, image_url: 'data:image/png;base64,AAAA' },
    ];
    await twice(() => openai.responses.create({ model, input: [{ role: 'user', content }] }));
  });
});

describe('requests that are not stored', () => {
  it('the list of models and a single model come from the provider each time', async () => {
    const ids = (await listOf(openai.models.list())).map(({ id }) => id);
    expect(ids).toContain(model);
    expect((await openai.models.retrieve(model)).id).toBe(model);
    expect(setup.status).not.toContain('hit');
  });

  it('an answer cut short by its token limit is not stored, and the question is asked again', async () => {
    const request = { model, messages: messages(), max_completion_tokens: 2 };
    const before = provider.calls;
    for (const calls of [1, 2]) {
      const { choices } = await openai.chat.completions.create(request);
      expect(choices[0]?.finish_reason).toBe('length');
      expect(setup.status).toBe('askonce; fwd=miss');
      expect(provider.calls - before).toBe(calls);
    }
  });
});
