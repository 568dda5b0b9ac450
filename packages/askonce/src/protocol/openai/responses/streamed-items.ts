/**
 * Whether the pieces of a Responses stream say the same as the response in its last event. A client may read either, and
 * a body has the response alone.
 */
import type { Recording } from '../../../entry/entry.ts';
import { readEvents } from '../../../entry/sse.ts';
import {
  isJsonArray,
  isJsonObject,
  isUnset,
  type JsonObject,
  type JsonValue,
  tryParseJson,
} from '../../../json.ts';
import { isCount } from '../../usage.ts';

interface TextKind {
  /** Where in its item the text belongs; a name that ends with `_index` is read from the event. */
  readonly path: readonly string[];
  /** The field of the done event that has the whole text. */
  readonly done: string;
  /** Prose is shown while it arrives, and its done event has the last word. What a call runs must agree in each piece. */
  readonly isProse: boolean;
}

const prose = (path: readonly string[], done = 'text'): TextKind => ({ path, done, isProse: true });
const called = (path: readonly string[], done: string): TextKind => ({ path, done, isProse: false });

const kinds: ReadonlyMap<string, TextKind> = new Map([
  ['response.output_text', prose(['content', 'content_index', 'text'])],
  ['response.refusal', prose(['content', 'content_index', 'refusal'], 'refusal')],
  ['response.reasoning_text', prose(['content', 'content_index', 'text'])],
  ['response.reasoning_summary_text', prose(['summary', 'summary_index', 'text'])],
  ['response.function_call_arguments', called(['arguments'], 'arguments')],
  ['response.mcp_call_arguments', called(['arguments'], 'arguments')],
  ['response.custom_tool_call_input', called(['input'], 'input')],
  ['response.code_interpreter_call_code', called(['code'], 'code')],
  ['response.apply_patch_call_operation_diff', called(['operation', 'diff'], 'diff')],
  ['response.shell_call_command', called(['action', 'commands', 'command_index'], 'command')],
]);

/** Events that begin or carry something which the done event of its item has whole. */
const repeatedByItem: ReadonlySet<string> = new Set([
  'response.shell_call_command.added',
  'response.shell_call_output_content.delta',
]);

/** Fields that are sealed anew each time that an item is written, and its progress. */
const notSaid: ReadonlySet<string> = new Set(['encrypted_content', 'fingerprint', 'status']);

/** Calls that a client may prepare as soon as they begin. */
const preparedCalls: ReadonlySet<JsonValue | undefined> = new Set([
  'function_call',
  'custom_tool_call',
  'mcp_call',
]);

interface StreamedText {
  readonly path: readonly (string | number)[];
  text: string;
}

interface StreamedItem {
  readonly added: JsonObject;
  readonly texts: Map<string, StreamedText>;
  readonly notes: { readonly path: readonly (string | number)[]; readonly note: JsonValue }[];
  done: JsonObject | undefined;
}

/** False also if the stream has an unknown kind of piece. */
export function streamSaysTheSame(recording: Recording, output: readonly JsonValue[]): boolean {
  const items = new Map<number, StreamedItem>();
  for (const { data } of readEvents(recording)) {
    const event = data === undefined ? undefined : tryParseJson(data);
    if (isJsonObject(event) && !take(event, items)) return false;
  }
  // Indexes may have gaps (an item that the provider withholds).
  const streamed = [...items].sort(([one], [other]) => one - other).map(([, item]) => item);
  return (
    streamed.length === output.length && streamed.every((item, place) => isSameItem(item, output[place]))
  );
}

/** Adds one event; false if it can be read in two ways. */
function take(event: JsonObject, items: Map<number, StreamedItem>): boolean {
  const { type, output_index: index, item } = event;
  if (typeof type !== 'string') return true;
  const open = isCount(index) ? items.get(index) : undefined;
  if (type === 'response.output_item.added') {
    if (!isCount(index) || open !== undefined || !isJsonObject(item)) return false;
    items.set(index, { added: item, texts: textsAtStart(item), notes: [], done: undefined });
    return true;
  }
  const stage = type.slice(type.lastIndexOf('.') + 1);
  const kind = kinds.get(type.slice(0, type.lastIndexOf('.')));
  const isPiece = kind !== undefined || stage === 'delta' || stage === 'added';
  if (open === undefined) return !isPiece && type !== 'response.output_item.done';
  if (!isOf(event, open)) return false;
  if (type === 'response.output_item.done') {
    open.done = isJsonObject(item) ? item : undefined;
    return open.done !== undefined && areOne(open.added, open.done);
  }
  if (!isPiece || repeatedByItem.has(type)) return true;
  if (type === 'response.content_part.added' || type === 'response.reasoning_summary_part.added')
    return takePart(event, open);
  if (type === 'response.output_text.annotation.added') return takeNote(event, open);
  return (
    kind !== undefined && (stage === 'done' ? takeWhole(event, open, kind) : takeDelta(event, open, kind))
  );
}

/** A call may begin with all that it says. */
function textsAtStart(item: JsonObject): Map<string, StreamedText> {
  const names = preparedCalls.has(item['type']) ? ['arguments', 'input'] : [];
  const found = names.flatMap((name): [string, StreamedText][] => {
    const text = item[name];
    return typeof text === 'string' && text !== '' ? [[name, { path: [name], text }]] : [];
  });
  return new Map(found);
}

/** Whether an event belongs to the item that is open under its index. */
function isOf({ item_id: id }: JsonObject, { added, done }: StreamedItem): boolean {
  return done === undefined && (isUnset(id) || isUnset(added['id']) || id === added['id']);
}

/** Whether an item is still what it was when it began. A search for tools begins with a provisional `call_id`. */
function areOne(begun: JsonObject, item: JsonObject): boolean {
  const names = preparedCalls.has(begun['type']) ? ['type', 'id', 'call_id', 'name'] : ['type', 'id'];
  return names.every((name) => isUnset(begun[name]) || isUnset(item[name]) || begun[name] === item[name]);
}

/** A part may begin with text. */
function takePart(event: JsonObject, { texts }: StreamedItem): boolean {
  const { part, content_index: content, summary_index: summary } = event;
  if (!isJsonObject(part)) return false;
  const at = isCount(content) ? ['content', content] : ['summary', isCount(summary) ? summary : 0];
  for (const field of ['text', 'refusal']) {
    const text = part[field];
    if (typeof text !== 'string' || text === '') continue;
    const path = [...at, field];
    if (texts.has(path.join('/'))) return false;
    texts.set(path.join('/'), { path, text });
  }
  return true;
}

function takeNote(event: JsonObject, { notes }: StreamedItem): boolean {
  const { annotation, content_index: part, annotation_index: index } = event;
  if (!isCount(part) || !isCount(index) || annotation === undefined) return false;
  notes.push({ path: ['content', part, 'annotations', index], note: annotation });
  return true;
}

function takeDelta(event: JsonObject, { added, texts }: StreamedItem, { path: names }: TextKind): boolean {
  const path = pathOf(event, names);
  const { delta } = event;
  if (path === undefined || typeof delta !== 'string') return false;
  const known = texts.get(path.join('/'));
  if (known !== undefined) {
    known.text += delta;
    return true;
  }
  const start = valueAt(added, path);
  texts.set(path.join('/'), { path, text: (typeof start === 'string' ? start : '') + delta });
  return true;
}

function takeWhole(
  event: JsonObject,
  { texts }: StreamedItem,
  { path: names, done, isProse }: TextKind,
): boolean {
  const path = pathOf(event, names);
  const { [done]: text } = event;
  if (path === undefined || typeof text !== 'string') return false;
  const known = texts.get(path.join('/'));
  if (known !== undefined && known.text !== text && !isProse) return false;
  texts.set(path.join('/'), { path, text });
  return true;
}

function pathOf(event: JsonObject, names: readonly string[]): readonly (string | number)[] | undefined {
  const path: (string | number)[] = [];
  for (const name of names) {
    const step = name.endsWith('_index') ? event[name] : name;
    if (typeof step !== 'string' && !isCount(step)) return undefined;
    path.push(step);
  }
  return path;
}

function isSameItem({ added, texts, notes, done }: StreamedItem, item: JsonValue | undefined): boolean {
  if (!isJsonObject(item) || !areOne(added, item)) return false;
  if (done !== undefined && writtenOf(done) !== writtenOf(item)) return false;
  return (
    [...texts.values()].every(({ path, text }) => (valueAt(item, path) ?? '') === text) &&
    notes.every(({ path, note }) => writtenOf(valueAt(item, path)) === writtenOf(note))
  );
}

function valueAt(item: JsonObject, path: readonly (string | number)[]): JsonValue | undefined {
  let value: JsonValue | undefined = item;
  for (const step of path) {
    if (typeof step === 'number') value = isJsonArray(value) ? value[step] : undefined;
    else value = isJsonObject(value) ? value[step] : undefined;
  }
  return value;
}

/** A value as text in which neither the order of properties nor what says nothing matters. */
function writtenOf(value: JsonValue | undefined): string | undefined {
  return JSON.stringify(value, (_name, inside: unknown) =>
    isJsonLike(inside)
      ? Object.fromEntries(
          Object.entries(inside)
            .filter(([name, property]) => !notSaid.has(name) && property !== null)
            .sort(([one], [other]) => (one < other ? -1 : 1)),
        )
      : inside,
  );
}

function isJsonLike(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
