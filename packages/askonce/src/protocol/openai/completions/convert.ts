/**
 * A text completion as a body, made of a stream, and the other way round.
 */
import { isJsonArray, type JsonObject, type JsonValue } from '../../../json.ts';
import { conversion } from '../conversion.ts';
import { LogprobsAssembly } from '../logprobs.ts';
import { type ChoiceAssembling, completionReader } from '../recorded-completion.ts';

/* MERGED completion.ts:
 * Reading a recorded text completion, body or stream, as one completion.
 */
class ChoiceAssembly implements ChoiceAssembling {
  readonly #logprobs = new LogprobsAssembly();
  readonly #rest = new Map<string, JsonValue>();
  #text = '';
  #reason: JsonValue = null;
  #whole = true;

  add({ index: _index, text, finish_reason: reason, logprobs, ...rest }: JsonObject): void {
    if (typeof text === 'string') this.#text += text;
    if (reason !== undefined && reason !== null) this.#reason = reason;
    this.#logprobs.add(logprobs);
    for (const [name, value] of Object.entries(rest)) {
      const before = this.#rest.get(name);
      if (value === undefined || (before !== undefined && value === null)) continue;
      if (isJsonArray(before)) this.#whole = false;
      this.#rest.set(name, value);
    }
  }

  get whole(): boolean {
    return this.#whole && this.#logprobs.whole;
  }

  close(index: number): JsonObject {
    return {
      text: this.#text,
      index,
      ...this.#logprobs.close(),
      finish_reason: this.#reason,
      ...Object.fromEntries(this.#rest),
    };
  }
}

export const readCompletion = completionReader({
  newChoice: () => new ChoiceAssembly(),
  bodyFrame: (frame) => frame,
});

export const convert = conversion({ read: readCompletion, chunkFrame: (frame) => frame, chunksOf });

/** The text with its log probabilities, then the end. */
function chunksOf(choice: JsonObject, position: number): JsonObject[] {
  const { text, index = position, logprobs, finish_reason: reason, ...rest } = choice;
  const told = logprobs === undefined ? {} : { logprobs: null };
  return [
    { text, index, ...(logprobs === undefined ? {} : { logprobs }), finish_reason: null },
    { text: '', index, ...told, finish_reason: reason ?? null, ...rest },
  ];
}
