import { describe, expect, it } from 'vitest';
import { bodyOf, namedRecordings, streamRecording } from '../../../../../test/support/provider-recordings.ts';
import { describeRecorded } from '../../../../../test/support/recorded-suites.ts';
import { writeEvent } from '../../entry/sse.ts';
import type { JsonObject } from '../../json.ts';
import type { Assessment } from '../contract.ts';
import { assess } from './assess.ts';

const verdicts: Readonly<
  Record<string, Pick<Assessment, 'finish' | 'finishReason' | 'empty' | 'toolCalls'>>
> = {
  'anthropic-advisor-20250301.1.events.jsonl': natural('end_turn', 'valid'),
  'anthropic-advisor-20260301.1.json': natural('end_turn', 'valid'),
  'anthropic-advisor-stop-reasons.events.jsonl': natural('end_turn', 'valid'),
  'anthropic-advisor-stop-reasons.json': natural('end_turn', 'valid'),
  'anthropic-claude-opus-5-reasoning-high.1.json': natural('end_turn', 'none'),
  'anthropic-clear-thinking.1.events.jsonl': natural('end_turn', 'none'),
  'anthropic-clear-thinking.1.json': natural('end_turn', 'none'),
  'anthropic-clear-tool-uses.1.events.jsonl': natural('end_turn', 'none'),
  'anthropic-clear-tool-uses.1.json': natural('end_turn', 'none'),
  'anthropic-code-execution-file-upload.1.events.jsonl': natural('end_turn', 'valid'),
  'anthropic-code-execution-file-upload.1.json': natural('end_turn', 'valid'),
  'anthropic-combined-context-editing.1.events.jsonl': natural('end_turn', 'none'),
  'anthropic-combined-context-editing.1.json': natural('end_turn', 'none'),
  'anthropic-json-other-tool.1.events.jsonl': natural('tool_use', 'valid'),
  'anthropic-json-other-tool.1.json': natural('tool_use', 'valid'),
  'anthropic-json-tool.1.events.jsonl': natural('tool_use', 'valid'),
  'anthropic-json-tool.1.json': natural('tool_use', 'valid'),
  'anthropic-mcp.1.events.jsonl': natural('end_turn', 'valid'),
  'anthropic-mcp.1.json': natural('end_turn', 'valid'),
  'anthropic-message-delta-input-tokens.events.jsonl': natural('end_turn', 'none'),
  // Fifteen answers to fifteen requests in one file.
  'anthropic-programmatic-tool-calling.1.events.jsonl': unusable('unreadable'),
  'anthropic-programmatic-tool-calling.1.json': natural('end_turn', 'valid'),
  'anthropic-refusal.events.jsonl': {
    finish: 'refused',
    finishReason: 'refusal',
    empty: true,
    toolCalls: 'none',
  },
  'anthropic-refusal.json': { finish: 'refused', finishReason: 'refusal', empty: true, toolCalls: 'none' },
  'anthropic-text.events.jsonl': natural('end_turn', 'none'),
  'anthropic-text.json': natural('end_turn', 'none'),
  'anthropic-tool-no-args.events.jsonl': natural('tool_use', 'valid'),
  'anthropic-tool-no-args.json': natural('tool_use', 'valid'),
  // Two answers and three answers in one file.
  'anthropic-tool-search-bm25.1.events.jsonl': unusable('unreadable'),
  'anthropic-tool-search-bm25.1.json': natural('tool_use', 'valid'),
  'anthropic-tool-search-deferred-bm25.2.json': natural('tool_use', 'valid'),
  'anthropic-tool-search-deferred-bm25.events.jsonl': unusable('unreadable'),
  'anthropic-web-fetch-tool.2.json': natural('end_turn', 'valid'),
  'duplicate-message-start.events.jsonl': unusable('unreadable'),
  'spliced-message-start.events.jsonl': unusable('unreadable'),
};

function natural(finishReason: string, toolCalls: Assessment['toolCalls']) {
  return { finish: 'natural', finishReason, empty: false, toolCalls } as const;
}

function unusable(finish: 'unreadable' | 'incomplete' | 'failed') {
  return { finish, finishReason: '', empty: true, toolCalls: 'none' } as const;
}

const recordings = namedRecordings('anthropic-messages');

describeRecorded('real recordings of Anthropic', () => {
  it('every recorded message has a verdict in the table', () => {
    expect(recordings.map(({ name }) => name)).toEqual(Object.keys(verdicts).toSorted());
  });

  it.each(recordings)('$name is assessed as the table says', ({ name, recording }) => {
    expect(assess(recording)).toMatchObject(verdicts[name] ?? {});
  });

  it.each(recordings.filter(({ name }) => verdicts[name]?.finish === 'natural'))(
    '$name reports its model and its usage',
    ({ recording }) => {
      const { model, usage } = assess(recording);
      expect(model).toMatch(/^claude-/);
      expect(usage?.inputTokens).toBeGreaterThan(0);
      expect(usage?.outputTokens).toBeGreaterThan(0);
    },
  );

  it.each(recordings.filter(({ recording }) => recording.form === 'stream'))(
    '$name cut off anywhere has no natural end',
    ({ recording }) => {
      const ends = recording.events?.ends ?? new Uint32Array();
      for (const [count, end] of [0, ...ends].slice(0, -1).entries()) {
        const events = { ends: ends.slice(0, count), at: new Uint32Array(count) };
        const atEvent = { ...recording, body: recording.body.subarray(0, end), events };
        const insideEvent = { ...recording, body: recording.body.subarray(0, end + 9), events };
        expect(['incomplete', 'unreadable']).toContain(finishUnlessWhole(atEvent));
        expect(['incomplete', 'unreadable']).toContain(finishUnlessWhole(insideEvent));
      }
    },
  );
});

/** A file with several answers is complete where one of them ends. */
function finishUnlessWhole(recording: Parameters<typeof assess>[0]): string {
  const text = Buffer.from(recording.body).toString();
  const isWhole =
    text.endsWith('\n\n') && text.lastIndexOf('"message_stop"') > text.lastIndexOf('"message_start"');
  return isWhole ? 'incomplete' : assess(recording).finish;
}

const start = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 3, cache_creation_input_tokens: 5, cache_read_input_tokens: 7, output_tokens: 1 },
  },
};
const stop = { type: 'message_stop' };
const text = (index = 0) => [
  { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index, delta: { type: 'text_delta', text: 'hi' } },
  { type: 'content_block_stop', index },
];
const call = (...pieces: string[]) => [
  {
    type: 'content_block_start',
    index: 0,
    content_block: { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
  },
  ...pieces.map((piece) => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'input_json_delta', partial_json: piece },
  })),
  { type: 'content_block_stop', index: 0 },
];
const end = (reason: string | null) => ({
  type: 'message_delta',
  delta: { stop_reason: reason, stop_sequence: null },
  usage: { output_tokens: 2 },
});

function streamed(...events: readonly JsonObject[]): Assessment {
  return assess(
    streamRecording(events.map((event) => writeEvent(JSON.stringify(event), String(event['type'])))),
  );
}

describe('why a message ended', () => {
  it.each([
    ['end_turn', 'natural'],
    ['tool_use', 'natural'],
    ['stop_sequence', 'natural'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'refused'],
    ['pause_turn', 'paused'],
    ['compaction', 'paused'],
    ['a word of next year', 'natural'],
    [null, 'incomplete'],
  ])('the stop reason %s is %s, in both forms', (reason, finish) => {
    expect(streamed(start, ...text(), end(reason), stop).finish).toBe(finish);
    const body = { ...start.message, content: [{ type: 'text', text: 'hi' }], stop_reason: reason };
    expect(assess(bodyOf(JSON.stringify(body))).finish).toBe(finish);
  });

  it.each([
    ['end_turn', 'natural'],
    ['max_tokens', 'length'],
    ['a word of next year', undefined],
    [null, undefined],
  ])('a stream that ends behind the stop reason %s without message_stop is %s', (reason, unmarked) => {
    expect(streamed(start, ...text(), end(reason))).toMatchObject({ finish: 'incomplete', unmarked });
    expect(streamed(start, ...text().slice(0, 2), end(reason)).unmarked).toBe(undefined);
    expect(streamed(start, ...text()).unmarked).toBe(undefined);
  });

  it('the usage of a message counts the whole prompt, its cached parts apart, and the last output counter', () => {
    expect(streamed(start, ...text(), end('end_turn'), stop).usage).toEqual({
      inputTokens: 15,
      outputTokens: 2,
      cachedInputTokens: 7,
      cacheWriteTokens: 5,
    });
  });

  it('tokens that are cached for an hour are counted apart, since they cost more', () => {
    const { message } = start;
    const used = {
      ...message.usage,
      cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 4 },
    };
    const first = { ...start, message: { ...message, usage: used } };
    expect(streamed(first, ...text(), end('end_turn'), stop).usage).toEqual({
      inputTokens: 15,
      outputTokens: 2,
      cachedInputTokens: 7,
      cacheWriteTokens: 5,
      hourCacheWriteTokens: 4,
    });
  });

  it.each([
    [
      'an error after some text',
      [start, ...text(), { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }],
      'failed',
    ],
    ['no message_stop', [start, ...text(), end('end_turn')], 'incomplete'],
    ['a block that never stopped', [start, ...text().slice(0, 2), end('end_turn'), stop], 'incomplete'],
    ['no reason to stop', [start, ...text(), stop], 'incomplete'],
    ['nothing at all', [], 'incomplete'],
    ['no message_start', [...text(), end('end_turn'), stop], 'unreadable'],
    ['two starts', [start, start, ...text(), end('end_turn'), stop], 'unreadable'],
    ['something after its stop', [start, ...text(), end('end_turn'), stop, ...text(1)], 'unreadable'],
    ['a block missing', [start, ...text(1), end('end_turn'), stop], 'unreadable'],
    [
      'a delta of another block',
      [start, ...text().slice(0, 1), ...text(1).slice(1), end('end_turn'), stop],
      'unreadable',
    ],
  ])('a stream with %s is not an answer', (_what, events, finish) => {
    expect(streamed(...events).finish).toBe(finish);
  });

  it('unknown events and pings do not change a message', () => {
    const ping = { type: 'ping' };
    expect(
      streamed(ping, start, ping, ...text(), { type: 'weather', index: 9 }, end('end_turn'), stop).finish,
    ).toBe('natural');
  });

  it.each([
    ['{"type":"error","error":{"type":"api_error","message":"x"}}', 'failed'],
    ['{"error":{"message":"x"}}', 'failed'],
    ['{"type":"message","content":[', 'incomplete'],
    ['<html>502</html>', 'unreadable'],
    ['[]', 'unreadable'],
    ['{"hello":1}', 'unreadable'],
    ['', 'unreadable'],
  ])('the body %s is not a message', (body, finish) => {
    expect(assess(bodyOf(body)).finish).toBe(finish);
  });

  it('assessing a message never throws, whatever the bytes are', () => {
    const bytes = Uint8Array.from([0xff, 0xfe, 0, 10, 10, 0xc3]);
    expect(assess({ form: 'body', status: 200, headers: {}, body: bytes }).finish).toBe('unreadable');
    const events = { ends: Uint32Array.of(5), at: Uint32Array.of(0) };
    expect(assess({ form: 'stream', status: 200, headers: {}, body: bytes, events }).finish).toBe(
      'incomplete',
    );
  });
});

describe('tool calls', () => {
  it.each([
    [[], 'valid'],
    [[''], 'valid'],
    [['{"a"', ':1}'], 'valid'],
    [['{"a"', ':'], 'invalid'],
    [['[1]'], 'invalid'],
  ] as const)('arguments %j are %s', (pieces, toolCalls) => {
    expect(streamed(start, ...call(...pieces), end('tool_use'), stop)).toMatchObject({
      toolCalls,
      empty: false,
    });
  });
});

describe('emptiness', () => {
  it.each([
    [[], true],
    [[{ type: 'text', text: ' \n' }], true],
    [[{ type: 'text', text: 'a' }], false],
    [[{ type: 'thinking', thinking: '', signature: '' }], true],
    [[{ type: 'thinking', thinking: '', signature: 'sealed' }], true],
    [
      [
        { type: 'thinking', thinking: 'hm', signature: 'sealed' },
        { type: 'text', text: '\n' },
      ],
      true,
    ],
    [[{ type: 'redacted_thinking', data: 'x' }], true],
    [
      [
        { type: 'thinking', thinking: 'hm', signature: 's' },
        { type: 'text', text: 'a' },
      ],
      false,
    ],
    [[{ type: 'tool_use', id: 't', name: 'f', input: {} }], false],
  ])('that an answer with the content %j is empty is %s', (content, empty) => {
    expect(assess(bodyOf(JSON.stringify({ ...start.message, content, stop_reason: 'end_turn' }))).empty).toBe(
      empty,
    );
  });
});

describe('a fallback of the provider', () => {
  it.each([
    [{}, false],
    [{ usage: { input_tokens: 1, output_tokens: 1, iterations: null } }, false],
    [{ usage: { input_tokens: 1, output_tokens: 1, iterations: [{ type: 'message' }] } }, false],
    [{ usage: { iterations: [{ type: 'message' }, { type: 'fallback_message' }] } }, true],
    [
      {
        content: [
          { type: 'fallback', from: { model: 'a' }, to: { model: 'b' } },
          { type: 'text', text: 'x' },
        ],
      },
      true,
    ],
  ])('that a message with %j was given by a fallback is %s', (change, isFallback) => {
    const content = [{ type: 'text', text: 'x' }];
    const body = JSON.stringify({ ...start.message, content, stop_reason: 'end_turn', ...change });
    expect(assess(bodyOf(body))).toMatchObject({ isFallback });
  });
});
