/**
 * Log probabilities put together from the chunks of a stream: lists by name, one behind the other.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';

export class LogprobsAssembly {
  readonly #lists = new Map<string, JsonValue[] | null>();
  #state: 'unheard' | 'null' | 'told' = 'unheard';
  /** False once something came that is neither a list nor null. */
  whole = true;

  add(logprobs: JsonValue | undefined): void {
    if (logprobs === undefined) return;
    if (!isJsonObject(logprobs)) {
      if (logprobs !== null) this.whole = false;
      if (this.#state === 'unheard') this.#state = 'null';
      return;
    }
    this.#state = 'told';
    for (const [name, value] of Object.entries(logprobs)) this.#addList(name, value);
  }

  #addList(name: string, value: JsonValue | undefined): void {
    const before = this.#lists.get(name);
    if (isJsonArray(value)) {
      const list = before ?? [];
      for (const token of value) list.push(token);
      this.#lists.set(name, list);
    } else if (value === null) {
      this.#lists.set(name, before ?? null);
    } else {
      this.whole = false;
    }
  }

  /** As the field of a choice: nothing where the stream had none. */
  close(): JsonObject {
    if (this.#state === 'unheard') return {};
    return { logprobs: this.#state === 'null' ? null : Object.fromEntries(this.#lists) };
  }
}
