import OpenAI, { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { gatewayForTest } from './support/gateway.ts';
import { listen } from './support/listener.ts';
import { manualProvider } from './support/manual-provider.ts';

const response = {
  id: 'resp_7',
  object: 'response',
  created_at: 1,
  model: 'gpt-x',
  status: 'in_progress',
  output: [],
};
const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const list: readonly Readonly<Record<string, unknown>>[] = [
  { type: 'response.created', response },
  { type: 'response.in_progress', response },
  { type: 'response.output_item.added', output_index: 0, item },
  { type: 'response.content_part.added', ...place, part },
  { type: 'response.output_text.delta', ...place, delta: 'Par', logprobs: [] },
];
const written = (event: Readonly<Record<string, unknown>>, number: number) =>
  `event: ${event['type']}\ndata: ${JSON.stringify({ sequence_number: number, ...event })}\n\n`;
const sent = list.map(written);

async function setUp() {
  const provider = await manualProvider();
  const gateway = await gatewayForTest(provider.url);
  return {
    provider,
    gateway,
    /** The call at `index` breaks off behind these events. */
    async breaksOff(index: number, texts: readonly string[] = sent) {
      const { response: reply } = await provider.call(index);
      reply.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const text of texts) reply.write(text);
      await new Promise((resolve) => reply.write(': \n\n', resolve));
      setImmediate(() => reply.socket?.resetAndDestroy());
    },
  };
}

interface Heard {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly id: string | undefined;
}

function heardIn(text: string): readonly Heard[] {
  return text.split('\n\n').flatMap((block) => {
    const line = (field: string) =>
      block
        .split('\n')
        .find((one) => one.startsWith(`${field}: `))
        ?.slice(field.length + 2);
    const data = line('data');
    return data === undefined ? [] : [{ name: line('event') ?? '', data: JSON.parse(data), id: line('id') }];
  });
}

/** What Codex makes of a stream: it ignores the event `error`, and reports what `response.failed` says, or that the stream was closed. */
function codexOutcome(events: readonly Heard[]): string {
  for (const { data } of events) {
    if (data['type'] === 'response.completed') return 'completed';
    if (data['type'] === 'response.failed') {
      const { response: failed } = data;
      const error =
        typeof failed === 'object' && failed !== null && 'error' in failed ? failed.error : undefined;
      return typeof error === 'object' && error !== null && 'code' in error
        ? `failed: ${error.code}`
        : 'failed';
    }
  }
  return 'stream closed before response.completed';
}

/** Requests that go through the cache, and one that bypasses it. */
const requests = [
  ['a cached request', { model: 'gpt-x', input: 'x', stream: true }, {}],
  ['a bypassing request', { model: 'gpt-x', input: 'x', stream: true }, { 'cache-control': 'no-store' }],
  ['a request with state', { model: 'gpt-x', input: 'x', stream: true, previous_response_id: 'resp_1' }, {}],
] as const;

describe('a stream of responses that breaks off', () => {
  it.each(requests)(
    '%s ends with response.failed and an error, numbered on',
    async (_what, body, headers) => {
      const { gateway, breaksOff } = await setUp();
      const listener = listen(`${gateway.url}/v1/responses`, JSON.stringify(body), headers);
      await breaksOff(0);
      const heard = heardIn((await listener.whole).toString());
      expect(heard.map(({ name }) => name).slice(-3)).toEqual([
        'response.output_text.delta',
        'response.failed',
        'error',
      ]);
      expect(heard.map(({ data }) => data['sequence_number'])).toEqual([0, 1, 2, 3, 4, 5, 6]);
      expect(heard.at(-2)?.data).toMatchObject({
        type: 'response.failed',
        response: {
          ...response,
          status: 'failed',
          error: { code: 'provider_broke_off', message: expect.any(String) },
        },
      });
      expect(heard.at(-1)?.data).toMatchObject({ type: 'error', code: 'provider_broke_off' });
      expect(codexOutcome(heard)).toBe('failed: provider_broke_off');
    },
  );

  it.each(requests)("OpenAI's client raises on the stream of %s", async (_what, body, headers) => {
    const { gateway, breaksOff } = await setUp();
    const client = new OpenAI({ apiKey: 'sk-test', baseURL: `${gateway.url}/v1`, maxRetries: 0 });
    const creating = client.responses.create(body, { headers });
    void breaksOff(0);
    const types: string[] = [];
    const read = async () => {
      for await (const event of await creating) types.push(event.type);
    };
    await expect(read()).rejects.toBeInstanceOf(APIError);
    expect(types.at(-1)).toBe('response.failed');

    const { stream: _always, ...params } = body;
    const helper = client.responses.stream({ ...params, input: 'another' }, { headers });
    void breaksOff(1);
    await expect(helper.finalResponse()).rejects.toThrow(/broke off/);
  });

  it('followers, and streams that are resumed by event ids, end with the same events', async () => {
    const { gateway, provider } = await setUp();
    const body = JSON.stringify(requests[0][1]);
    const url = `${gateway.url}/v1/responses`;
    const first = listen(url, body, { 'askonce-event-ids': 'true' });
    const { response: reply } = await provider.call(0);
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.write(sent.slice(0, 3).join(''));
    const [begun] = sent;
    await first.receives(begun?.length ?? 0);
    const lastId = heardIn(first.heard.toString()).at(0)?.id ?? '';
    const resumed = listen(url, body, { 'last-event-id': lastId });
    const follower = listen(url, body);
    await gateway.happened('joined', 2);
    await Promise.all([resumed.head, follower.head]);
    reply.write(sent.slice(3).join(''));
    await follower.receives(sent.join('').length);
    reply.socket?.resetAndDestroy();
    const numbers = await Promise.all(
      [first, follower, resumed].map(async ({ whole }) =>
        heardIn((await whole).toString()).map(({ data }) => data['sequence_number']),
      ),
    );
    expect(numbers).toEqual([
      [0, 1, 2, 3, 4, 5, 6],
      [0, 1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6],
    ]);
  });

  it('a stream whose events have no numbers, or that sent nothing, begins to count', async () => {
    const { gateway, breaksOff } = await setUp();
    const [, created] = [0, { ...list[0], sequence_number: undefined }];
    for (const [index, texts] of [[written(created, 0)], []].entries()) {
      const listener = listen(
        `${gateway.url}/v1/responses`,
        JSON.stringify({ model: 'm', input: String(index), stream: true }),
      );
      await breaksOff(index, texts);
      const heard = heardIn((await listener.whole).toString()).slice(-2);
      expect(heard.map(({ name, data }) => [name, data['sequence_number']])).toEqual([
        ['response.failed', 0],
        ['error', 1],
      ]);
    }
  });

  it('a stream that breaks off in the middle of an event is broken off here, too', async () => {
    const { gateway, provider } = await setUp();
    const listener = listen(`${gateway.url}/v1/responses`, JSON.stringify(requests[0][1]));
    const { response: reply } = await provider.call(0);
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.write(`${sent[0]}event: response.in`);
    await listener.receives((sent[0]?.length ?? 0) + 5);
    reply.socket?.resetAndDestroy();
    await expect(listener.whole).rejects.toThrow();
  });
});
