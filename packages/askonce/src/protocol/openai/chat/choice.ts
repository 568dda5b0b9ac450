/**
 * Assembles one choice of a chat completion, with its tool calls, from the chunks of a stream.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import { type ChoiceAssembling, LogprobsAssembly } from '../recorded-completion.ts';

/** Text fields that arrive in pieces. */
const pieced: ReadonlySet<string> = new Set(['content', 'refusal', 'reasoning_content', 'reasoning']);

export class ChoiceAssembly implements ChoiceAssembling {
  readonly #message = new Map<string, JsonValue>([
    ['role', 'assistant'],
    ['content', null],
  ]);
  readonly #rest = new Map<string, JsonValue>();
  readonly #calls = new CallAssembly();
  readonly #logprobs = new LogprobsAssembly();
  #reason: JsonValue = null;
  #whole = true;

  add({ index: _index, delta, finish_reason: reason, logprobs, ...rest }: JsonObject): void {
    if (reason !== undefined && reason !== null) this.#reason = reason;
    this.#logprobs.add(logprobs);
    if (isJsonObject(delta)) {
      for (const [name, value] of Object.entries(delta)) if (value !== undefined) this.#addField(name, value);
    }
    for (const [name, value] of Object.entries(rest)) {
      const before = this.#rest.get(name);
      if (value === undefined || (before !== undefined && value === null)) continue;
      if (isJsonArray(before) && !isSame(before, value)) this.#whole = false;
      this.#rest.set(name, isJsonObject(before) && isJsonObject(value) ? { ...before, ...value } : value);
    }
  }

  #addField(name: string, value: JsonValue): void {
    const before = this.#message.get(name);
    if (value === null) {
      if (before === undefined) this.#message.set(name, null);
    } else if (name === 'role') {
      if (typeof value === 'string' && value !== '') this.#message.set(name, value);
    } else if (name === 'index') {
      // Some providers repeat the choice's index.
    } else if (name === 'tool_calls' && isJsonArray(value)) {
      for (const call of value) if (isJsonObject(call)) this.#calls.add(call);
    } else if (name === 'function_call' && isJsonObject(value)) {
      this.#message.set(name, addDelta(isJsonObject(before) ? before : {}, value));
    } else {
      this.#addPiece(name, before, value);
    }
  }

  #addPiece(name: string, before: JsonValue | undefined, value: JsonValue): void {
    if (name === 'audio') this.#whole = false;
    if (before === undefined || before === null || before === '') {
      this.#message.set(name, value);
    } else if (pieced.has(name) && typeof before === 'string' && typeof value === 'string') {
      this.#message.set(name, before + value);
    } else if (name === 'annotations' && isJsonArray(before) && isJsonArray(value)) {
      this.#message.set(name, [...before, ...value]);
    } else if (pieced.has(name) && value === '') {
      // An empty text adds nothing to a list of content parts.
    } else {
      // Whether pieces of an unknown field add up or replace each other is undocumented.
      if (typeof value === 'string' || !isSame(before, value)) this.#whole = false;
      this.#message.set(name, value);
    }
  }

  get whole(): boolean {
    return this.#whole && this.#logprobs.whole;
  }

  close(index: number): JsonObject {
    const calls = this.#calls.close();
    if (calls !== undefined) this.#message.set('tool_calls', calls);
    return {
      index,
      message: Object.fromEntries(this.#message),
      ...this.#logprobs.close(),
      finish_reason: this.#reason,
      ...Object.fromEntries(this.#rest),
    };
  }
}

function isSame(one: JsonValue, other: JsonValue): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Fields whose pieces are joined. Of any other text the last non-empty one is used (Alibaba repeats an empty id). */
const joined: ReadonlySet<string> = new Set(['arguments', 'input']);

/** The call, or its `function` or `custom`, with one more delta. */
function addDelta(call: JsonObject, delta: JsonObject): JsonObject {
  const sum: Record<string, JsonValue | undefined> = { ...call };
  for (const [name, value] of Object.entries(delta)) {
    const before = Object.hasOwn(sum, name) ? sum[name] : undefined;
    if (value === undefined || (before !== undefined && (value === null || value === ''))) continue;
    if (typeof before === 'string' && typeof value === 'string' && joined.has(name))
      sum[name] = before + value;
    else if (isJsonObject(before) && isJsonObject(value)) sum[name] = addDelta(before, value);
    else sum[name] = value;
  }
  return sum;
}

/** The calls of one choice, by their index. */
class CallAssembly {
  readonly #calls = new Map<number, JsonObject>();
  #latest = -1;

  add({ index, ...delta }: JsonObject): void {
    const place = typeof index === 'number' ? index : this.#placeOf(delta['id']);
    this.#latest = place;
    this.#calls.set(place, addDelta(this.#calls.get(place) ?? {}, delta));
  }

  /** Mistral omits the index when each call is sent whole: a new id is a new call. */
  #placeOf(id: JsonValue | undefined): number {
    const isNew = typeof id === 'string' && id !== '';
    if (!isNew) return Math.max(0, this.#latest);
    for (const [place, call] of this.#calls) if (call['id'] === id) return place;
    return Math.max(-1, ...this.#calls.keys()) + 1;
  }

  /** The calls in the order of their indexes; undefined if there are none. */
  close(): readonly JsonObject[] | undefined {
    if (this.#calls.size === 0) return undefined;
    return [...this.#calls].sort(([one], [other]) => one - other).map(([, call]) => call);
  }
}
