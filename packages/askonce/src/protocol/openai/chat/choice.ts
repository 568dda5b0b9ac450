/**
 * Assembles one choice of a chat completion from the chunks of a stream.
 */
import { isJsonArray, isJsonObject, isUnset, type JsonObject, type JsonValue } from '../../../json.ts';
import { FieldsAssembly } from '../fields.ts';
import { type ChoiceAssembling, FinishAssembly, LogprobsAssembly } from '../recorded-completion.ts';
import { CallAssembly, CalledAssembly } from './calls.ts';

/** Text fields that arrive in pieces. */
const pieced: ReadonlySet<string> = new Set(['content', 'refusal', 'reasoning_content', 'reasoning']);

export class ChoiceAssembly implements ChoiceAssembling {
  readonly #message = new Map<string, JsonValue>([
    ['role', 'assistant'],
    ['content', null],
  ]);
  /** Whether pieces of an unknown field add up or replace each other is undocumented. */
  readonly #unknown = new FieldsAssembly({ strings: 'ambiguous', lists: 'ambiguous' });
  readonly #rest = new FieldsAssembly({ strings: 'repeat', lists: 'ambiguous' });
  readonly #calls = new CallAssembly();
  readonly #logprobs = new LogprobsAssembly();
  readonly #finish = new FinishAssembly();
  #legacyCall: CalledAssembly | undefined;
  #role: string | undefined;
  #whole = true;

  add({ index: _index, delta, finish_reason: reason, logprobs, message, ...rest }: JsonObject): void {
    this.#finish.add(reason);
    this.#logprobs.add(logprobs);
    if (isJsonObject(delta)) {
      for (const [name, value] of Object.entries(delta)) if (value !== undefined) this.#addField(name, value);
    } else if (!isUnset(delta)) this.#whole = false;
    // Perplexity repeats the whole message beside its deltas.
    if (!isUnset(message)) this.#whole = false;
    for (const [name, value] of Object.entries(rest)) this.#rest.add(name, value);
  }

  #addField(name: string, value: JsonValue): void {
    if (value === null) {
      if (!this.#message.has(name)) this.#message.set(name, null);
    } else if (name === 'role') {
      this.#addRole(value);
    } else if (name === 'index' && typeof value === 'number') {
      // Some providers repeat the choice's index.
    } else if (name === 'tool_calls' && isJsonArray(value)) {
      for (const call of value) this.#calls.add(call);
    } else if (name === 'function_call' && isJsonObject(value)) {
      this.#legacyCall ??= new CalledAssembly('arguments');
      this.#legacyCall.add(value, false);
    } else if (pieced.has(name)) {
      this.#addPiece(name, value);
    } else {
      // A stream sends audio as samples, a body as a file.
      if (name === 'audio' || name === 'tool_calls' || name === 'function_call') this.#whole = false;
      this.#unknown.add(name, value);
    }
  }

  #addRole(role: JsonValue): void {
    if (isUnset(role)) return;
    if (typeof role !== 'string' || (this.#role !== undefined && this.#role !== role)) this.#whole = false;
    this.#role = String(role);
    this.#message.set('role', role);
  }

  /** A text, or Mistral's list of content parts, which comes whole or not at all. */
  #addPiece(name: string, value: JsonValue): void {
    const before = this.#message.get(name);
    if (isUnset(before)) {
      this.#message.set(name, value);
    } else if (typeof before === 'string' && typeof value === 'string') {
      this.#message.set(name, before + value);
    } else if (value !== '') {
      this.#whole = false;
      this.#message.set(name, value);
    }
  }

  get whole(): boolean {
    const parts = [this.#unknown, this.#rest, this.#calls, this.#logprobs, this.#finish];
    return this.#whole && parts.every(({ whole }) => whole) && (this.#legacyCall?.whole ?? true);
  }

  close(index: number): JsonObject {
    const calls = this.#calls.close();
    return {
      index,
      message: {
        ...Object.fromEntries(this.#message),
        ...this.#unknown.close(),
        ...(calls !== undefined && { tool_calls: calls }),
        ...(this.#legacyCall !== undefined && { function_call: this.#legacyCall.close() }),
      },
      ...this.#logprobs.close(),
      finish_reason: this.#finish.reason,
      ...this.#rest.close(),
    };
  }
}
