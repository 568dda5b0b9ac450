/**
 * Reading a recorded text completion, body or stream, as one completion.
 */
import { isStream, type Recording } from '../../entry/recording.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../json.ts';
import { answerFrame, choicesOf, readChunks, tellsError, usageIn } from '../openai-chunks.ts';
import { LogprobsAssembly } from '../openai-logprobs.ts';
import { recordedText } from '../recorded-json.ts';

export type CompletionReading =
  | { readonly kind: 'completion'; readonly completion: JsonObject; readonly whole: boolean }
  | { readonly kind: 'failed' | 'incomplete' | 'unreadable' };

export function readCompletion(recording: Recording): CompletionReading {
  return isStream(recording.form) ? readStream(recording) : readBody(recordedText(recording));
}

/** A body that begins like JSON and isn't was cut off. */
function readBody(text: string): CompletionReading {
  const completion = tryParseJson(text);
  if (completion === undefined)
    return { kind: text.trimStart().startsWith('{') ? 'incomplete' : 'unreadable' };
  if (!isJsonObject(completion)) return { kind: 'unreadable' };
  if (tellsError(completion)) return { kind: 'failed' };
  return isJsonArray(completion['choices'])
    ? { kind: 'completion', completion, whole: true }
    : { kind: 'unreadable' };
}

function readStream(recording: Recording): CompletionReading {
  const { kind, chunks } = readChunks(recording);
  if (kind !== 'whole') return { kind };
  const choices = new Map<number, ChoiceAssembly>();
  for (const chunk of chunks) {
    for (const choice of choicesOf(chunk)) {
      const index = typeof choice['index'] === 'number' ? choice['index'] : 0;
      const assembly = choices.get(index) ?? new ChoiceAssembly();
      choices.set(index, assembly);
      assembly.add(choice);
    }
  }
  const usage = usageIn(chunks);
  const completion: JsonObject = {
    ...answerFrame(chunks),
    choices: [...choices].sort(([one], [other]) => one - other).map(([index, choice]) => choice.close(index)),
    ...(usage === undefined ? {} : { usage }),
  };
  return { kind: 'completion', completion, whole: [...choices.values()].every(({ whole }) => whole) };
}

class ChoiceAssembly {
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
