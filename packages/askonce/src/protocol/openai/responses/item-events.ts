/**
 * The events that stream one output item: added (empty), deltas, done (complete).
 *
 * A delta is the whole text, since where a model cut it carries no meaning. Padding (`obfuscation`) is left out.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';

export type ResponseEvent = JsonObject & { readonly type: string };

/** Items that the provider streams without events between added and done. */
const wholeItems: ReadonlySet<JsonValue | undefined> = new Set([
  'local_shell_call',
  'computer_call',
  'tool_search_call',
  'compaction',
  'program',
]);

/**
 * Undefined for an item whose streaming is unknown, and for patches, whose events the official client refuses to read.
 */
export function itemEvents(item: JsonObject, index: number): readonly ResponseEvent[] | undefined {
  const unfolded = unfold(item, { item_id: item['id'], output_index: index });
  if (unfolded === undefined) return undefined;
  const status = typeof item['status'] === 'string' ? { status: 'in_progress' } : {};
  return [
    {
      type: 'response.output_item.added',
      output_index: index,
      item: { ...item, ...unfolded.empty, ...status },
    },
    ...unfolded.pieces,
    { type: 'response.output_item.done', output_index: index, item },
  ];
}

interface Unfolded {
  /** The fields that are empty when the item is added. */
  readonly empty: JsonObject;
  readonly pieces: readonly ResponseEvent[];
}

function unfold(item: JsonObject, place: JsonObject): Unfolded | undefined {
  const { type, arguments: args, input } = item;
  switch (type) {
    case 'message':
      return collect({ content: [] }, item['content'], (part, index) =>
        contentEvents(part, { ...place, content_index: index }),
      );
    case 'reasoning':
      return unfoldReasoning(item, place);
    case 'function_call':
      return typeof args === 'string'
        ? spell('function_call_arguments', 'arguments', args, {}, place)
        : undefined;
    case 'custom_tool_call':
      return typeof input === 'string'
        ? spell('custom_tool_call_input', 'input', input, {}, place)
        : undefined;
    default:
      return wholeItems.has(type) ? { empty: {}, pieces: [] } : undefined;
  }
}

/** A text as `response.NAME.delta`, and complete in `response.NAME.done`. */
function spell(name: string, field: string, text: string, more: JsonObject, place: JsonObject): Unfolded {
  const delta = { type: `response.${name}.delta`, ...place, delta: text, ...more };
  const done = { type: `response.${name}.done`, ...place, [field]: text, ...more };
  return { empty: { [field]: '' }, pieces: text === '' ? [done] : [delta, done] };
}

function collect(
  empty: JsonObject,
  parts: JsonValue | undefined,
  eventsOf: (part: JsonObject, index: number) => readonly ResponseEvent[] | undefined,
): Unfolded | undefined {
  if (!isJsonArray(parts)) return undefined;
  const events = parts.map((part, index) => (isJsonObject(part) ? eventsOf(part, index) : undefined));
  return events.every((list) => list !== undefined) ? { empty, pieces: events.flat() } : undefined;
}

function unfoldReasoning(item: JsonObject, place: JsonObject): Unfolded | undefined {
  const { summary, content } = item;
  const none: Unfolded = { empty: {}, pieces: [] };
  const summaries = isJsonArray(summary)
    ? collect({ summary: [] }, summary, (part, index) =>
        summaryEvents(part, { ...place, summary_index: index }),
      )
    : none;
  const contents = isJsonArray(content)
    ? collect({ content: [] }, content, (part, index) =>
        contentEvents(part, { ...place, content_index: index }),
      )
    : none;
  if (summaries === undefined || contents === undefined) return undefined;
  return {
    empty: { ...summaries.empty, ...contents.empty },
    pieces: [...summaries.pieces, ...contents.pieces],
  };
}

function summaryEvents(part: JsonObject, place: JsonObject): readonly ResponseEvent[] | undefined {
  const { type, text } = part;
  if (type !== 'summary_text' || typeof text !== 'string') return undefined;
  return [
    { type: 'response.reasoning_summary_part.added', ...place, part: { ...part, text: '' } },
    ...spell('reasoning_summary_text', 'text', text, {}, place).pieces,
    { type: 'response.reasoning_summary_part.done', ...place, part },
  ];
}

function contentEvents(part: JsonObject, place: JsonObject): readonly ResponseEvent[] | undefined {
  const unfolded = unfoldContent(part, place);
  return (
    unfolded && [
      { type: 'response.content_part.added', ...place, part: { ...part, ...unfolded.empty } },
      ...unfolded.pieces,
      { type: 'response.content_part.done', ...place, part },
    ]
  );
}

function unfoldContent(part: JsonObject, place: JsonObject): Unfolded | undefined {
  const { type, text, refusal, annotations, logprobs } = part;
  if (type === 'refusal' && typeof refusal === 'string')
    return spell('refusal', 'refusal', refusal, {}, place);
  if (type === 'reasoning_text' && typeof text === 'string')
    return spell('reasoning_text', 'text', text, {}, place);
  if (type !== 'output_text' || typeof text !== 'string') return undefined;
  const spelled = spell(
    'output_text',
    'text',
    text,
    { logprobs: isJsonArray(logprobs) ? logprobs : [] },
    place,
  );
  const notes = (isJsonArray(annotations) ? annotations : []).map((annotation, index) => ({
    type: 'response.output_text.annotation.added',
    ...place,
    annotation_index: index,
    annotation,
  }));
  const done = spelled.pieces.slice(-1);
  return {
    empty: {
      ...spelled.empty,
      ...(isJsonArray(annotations) && { annotations: [] }),
      ...(isJsonArray(logprobs) && { logprobs: [] }),
    },
    pieces: [...spelled.pieces.slice(0, -1), ...notes, ...done],
  };
}
