/**
 * Plays a short session through a gateway with a real client: repeated questions, streams, tools, and simultaneous
 * requests.
 */
import OpenAI from 'openai';

/** One request of the session, as its client sees it. */
export interface Asked {
  readonly scene: string;
  /** From the answer's `Cache-Status`. */
  readonly hit: boolean;
  /** True if the answer was shared from another request's provider call. */
  readonly collapsed: boolean;
  readonly ms: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const model = 'gpt-4.1-mini';
const questions = [
  'How do I reset my password?',
  'What does the standard plan cost?',
  'Can I change my delivery address after I have ordered?',
  'Which payment methods do you take?',
  'How long do I have to send something back?',
  'Do you ship to Portugal?',
];
const weather: OpenAI.Chat.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather at a place',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

/** Plays the session; `announce` is called with a line as each scene begins. */
export async function playSession(baseURL: string, announce: (line: string) => void): Promise<Asked[]> {
  const client = new OpenAI({ baseURL, apiKey: 'sk-simulated', maxRetries: 0 });
  const asked: Asked[] = [];
  const scene = async (name: string, requests: readonly (() => Promise<Omit<Asked, 'scene'>>)[]) => {
    announce(name);
    for (const seen of await Promise.all(requests.map((request) => request())))
      asked.push({ scene: name, ...seen });
  };
  await scene(
    'six questions for the first time',
    questions.map((question) => () => plain(client, question)),
  );
  for (let day = 1; day <= 4; day++) {
    await scene(
      `the same six again (${day} of 4)`,
      questions.map((question) => () => plain(client, question)),
    );
  }
  await scene('a streamed answer, token by token', [
    () => streamed(client, 'Tell me a short story about a parcel.'),
  ]);
  await scene('the same stream again', [() => streamed(client, 'Tell me a short story about a parcel.')]);
  await scene('a question that calls a tool', [
    () => plain(client, 'What is the weather in Lisbon?', [weather]),
  ]);
  await scene('the same tool call again', [() => plain(client, 'What is the weather in Lisbon?', [weather])]);
  await scene(
    'one new question from fifty people at once',
    Array.from({ length: 50 }, () => () => plain(client, 'Is the shop open on Sunday?')),
  );
  return asked;
}

async function plain(
  client: OpenAI,
  question: string,
  tools?: OpenAI.Chat.ChatCompletionTool[],
): Promise<Omit<Asked, 'scene'>> {
  const start = performance.now();
  const { data, response } = await client.chat.completions
    .create({
      model,
      messages: [{ role: 'user', content: question }],
      ...(tools === undefined ? {} : { tools }),
    })
    .withResponse();
  return seen(response, performance.now() - start, data.usage);
}

async function streamed(client: OpenAI, question: string): Promise<Omit<Asked, 'scene'>> {
  const start = performance.now();
  const { data, response } = await client.chat.completions
    .create({
      model,
      messages: [{ role: 'user', content: question }],
      stream: true,
      stream_options: { include_usage: true },
    })
    .withResponse();
  let usage: OpenAI.CompletionUsage | undefined;
  for await (const chunk of data) usage = chunk.usage ?? usage;
  return seen(response, performance.now() - start, usage);
}

function seen(
  response: Response,
  ms: number,
  usage: OpenAI.CompletionUsage | undefined,
): Omit<Asked, 'scene'> {
  const status = response.headers.get('cache-status') ?? '';
  return {
    hit: status.includes('; hit'),
    collapsed: status.includes('; collapsed'),
    ms,
    inputTokens: usage?.prompt_tokens ?? 0,
    outputTokens: usage?.completion_tokens ?? 0,
  };
}
