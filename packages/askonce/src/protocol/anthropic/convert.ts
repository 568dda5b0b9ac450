/**
 * Converting a message between body and stream.
 */
import { type Form, isStream, type Recording } from '../../entry/entry.ts';
import { streamOf, writeEvent } from '../../entry/sse.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { numbersAreExact } from '../recorded-json.ts';
import { judgeCalls } from './assess.ts';
import { readMessage } from './message.ts';

/** Blocks that the provider sends whole in their start event, among them all results of its own tools. */
const wholeBlock = /^(redacted_thinking|container_upload|fallback|mcp_tool_listing|.+_tool_result)$/;

/** Counters of `message_delta`; all others (service tier, region …) are in `message_start` only. */
const deltaCounters: ReadonlySet<string> = new Set([
  'input_tokens',
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
  'output_tokens',
  'output_tokens_details',
  'server_tool_use',
  'iterations',
  'fallback_credit',
]);

/** Undefined if the recording is not a finished message with usage, or has content that the other form cannot express. */
export function convert(recording: Recording, to: Form): Recording | undefined {
  if (recording.form === to) return recording;
  if (to !== 'body' && to !== 'stream') return undefined;
  const reading = readMessage(recording);
  if (reading.kind !== 'message' || !reading.whole) return undefined;
  const { message } = reading;
  const { content, usage, stop_reason: reason } = message;
  if (!isJsonArray(content) || !isJsonObject(usage) || typeof usage['output_tokens'] !== 'number')
    return undefined;
  if (typeof reason !== 'string' || judgeCalls(content) === 'invalid' || !numbersAreExact(message))
    return undefined;
  if (!isStream(to)) {
    const headers = { ...recording.headers, 'content-type': 'application/json' };
    return { form: to, status: recording.status, headers, body: Buffer.from(JSON.stringify(message)) };
  }
  const blocks = content.map(blockEvents);
  if (!blocks.every((events) => events !== undefined)) return undefined;
  const events = [
    { type: 'message_start', message: startOf(message, usage) },
    ...blocks.flat(),
    endOf(message, usage),
    { type: 'message_stop' },
  ];
  const headers = { ...recording.headers, 'content-type': 'text/event-stream; charset=utf-8' };
  return {
    form: to,
    status: recording.status,
    headers,
    ...streamOf(events.map((event) => writeEvent(JSON.stringify(event), event.type))),
  };
}

/** At the start nothing has been generated: no content, no stop reason, no output tokens. */
function startOf(message: JsonObject, usage: JsonObject): JsonObject {
  const start: Record<string, JsonValue | undefined> = {
    ...message,
    content: [],
    usage: { ...usage, output_tokens: 0 },
  };
  for (const name of Object.keys(start)) {
    if (name.startsWith('stop_')) start[name] = null;
  }
  return start;
}

function endOf(message: JsonObject, usage: JsonObject): JsonObject & { type: string } {
  const entries = Object.entries(message);
  const delta = Object.fromEntries(
    entries.filter(([name, value]) => name.startsWith('stop_') || (name === 'container' && value !== null)),
  );
  const counters = Object.fromEntries(Object.entries(usage).filter(([name]) => deltaCounters.has(name)));
  const { context_management: edits } = message;
  return {
    type: 'message_delta',
    delta,
    usage: counters,
    ...(isJsonObject(edits) ? { context_management: edits } : {}),
  };
}

type Event = JsonObject & { readonly type: string };

function blockEvents(block: JsonValue, index: number): readonly Event[] | undefined {
  const parts = isJsonObject(block) ? takeApart(block) : undefined;
  return (
    parts && [
      { type: 'content_block_start', index, content_block: parts.start },
      ...parts.deltas.map((delta): Event => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]
  );
}

/** A block's start and its deltas; undefined for a type whose streaming is unknown. */
function takeApart(
  block: JsonObject,
): { readonly start: JsonObject; readonly deltas: readonly JsonObject[] } | undefined {
  const { type, text, citations, thinking, signature, input } = block;
  switch (type) {
    case 'text': {
      if (typeof text !== 'string') return undefined;
      const cited = isJsonArray(citations) ? citations : undefined;
      return {
        start: { ...block, text: '', ...(cited && { citations: [] }) },
        deltas: [
          ...(text === '' ? [] : [{ type: 'text_delta', text }]),
          ...(cited ?? []).map((citation) => ({ type: 'citations_delta', citation })),
        ],
      };
    }
    case 'thinking': {
      if (typeof thinking !== 'string') return undefined;
      const isSigned = typeof signature === 'string';
      return {
        start: { ...block, thinking: '', ...(isSigned && { signature: '' }) },
        deltas: [
          ...(thinking === '' ? [] : [{ type: 'thinking_delta', thinking }]),
          ...(isSigned ? [{ type: 'signature_delta', signature }] : []),
        ],
      };
    }
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      if (!isJsonObject(input)) return undefined;
      return {
        start: { ...block, input: {} },
        deltas:
          Object.keys(input).length === 0
            ? []
            : [{ type: 'input_json_delta', partial_json: JSON.stringify(input) }],
      };
    default:
      return typeof type === 'string' && wholeBlock.test(type) ? { start: block, deltas: [] } : undefined;
  }
}
