/**
 * One choice of a chat completion, put together from the chunks of a stream.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import { LogprobsAssembly } from '../logprobs.ts';
import type { ChoiceAssembling } from '../recorded-completion.ts';
import { addDelta, CallAssembly } from './call.ts';

/** Texts that come in pieces. */
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
      // Nothing to add to a list of content pieces.
    } else {
      // Pieces of something unknown: whether they add or replace, nobody can tell.
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
