/**
 * Reading a recorded chat or text answer, body or stream, as one completion.
 */
import { isStream, type Recording } from '../../entry/entry.ts';
import {
  isJsonArray,
  isJsonObject,
  isUnset,
  type JsonObject,
  type JsonValue,
  tryParseJson,
} from '../../json.ts';
import { recordedText, unparsedKind } from '../recorded-json.ts';
import { isCount } from '../usage.ts';
import { answerFrame, choicesOf, isError, readChunks, usageIn } from './chunks.ts';

export type CompletionReading =
  | {
      readonly kind: 'completion';
      readonly completion: JsonObject;
      /** False if the stream could be read in another way, or has something that the completion cannot express. */
      readonly whole: boolean;
    }
  | {
      readonly kind: 'failed' | 'incomplete' | 'unreadable';
      /** The completion of a stream that lacks nothing but its end mark. */
      readonly unmarked?: JsonObject | undefined;
    };

/** One choice that is being assembled from its chunks. */
export interface ChoiceAssembling {
  add(choice: JsonObject): void;
  /** False once the chunks could be read in two ways, or had something that the choice cannot express. */
  readonly whole: boolean;
  close(index: number): JsonObject;
}

export interface CompletionKind {
  readonly newChoice: () => ChoiceAssembling;
  /** The fields of a body besides its choices, made from those of its chunks (`frame`). */
  readonly bodyFrame: (frame: JsonObject) => JsonObject;
}

export function completionReader(kind: CompletionKind): (recording: Recording) => CompletionReading {
  return (recording) =>
    isStream(recording.form) ? readStream(recording, kind) : readBody(recordedText(recording));
}

function readBody(text: string): CompletionReading {
  const completion = tryParseJson(text);
  if (completion === undefined) return { kind: unparsedKind(text) };
  if (!isJsonObject(completion)) return { kind: 'unreadable' };
  if (isError(completion)) return { kind: 'failed' };
  return isJsonArray(completion['choices'])
    ? { kind: 'completion', completion, whole: true }
    : { kind: 'unreadable' };
}

function readStream(recording: Recording, { newChoice, bodyFrame }: CompletionKind): CompletionReading {
  const { kind, chunks } = readChunks(recording);
  if (kind !== 'whole' && kind !== 'unmarked') return { kind };
  const choices = new Map<number, ChoiceAssembling>();
  let hasAllIndexes = true;
  let whole = true;
  for (const chunk of chunks) {
    const inChunk = new Set<number>();
    for (const choice of choicesOf(chunk)) {
      const isIndexed = isCount(choice['index']);
      const index = isIndexed ? Number(choice['index']) : 0;
      hasAllIndexes &&= isIndexed;
      // Two deltas of one choice in one chunk may as well be two choices.
      if (inChunk.has(index)) whole = false;
      inChunk.add(index);
      const assembly = choices.get(index) ?? newChoice();
      choices.set(index, assembly);
      assembly.add(choice);
    }
  }
  const usage = usageIn(chunks);
  const frame = answerFrame(chunks);
  const completion: JsonObject = {
    ...bodyFrame(frame.fields),
    choices: [...choices].sort(([one], [other]) => one - other).map(([index, choice]) => choice.close(index)),
    ...(usage === undefined ? {} : { usage }),
  };
  if (kind === 'unmarked') return { kind: 'incomplete', unmarked: completion };
  whole &&= frame.whole && (hasAllIndexes || choices.size === 1);
  return { kind: 'completion', completion, whole: whole && [...choices.values()].every((one) => one.whole) };
}

/** The finish reason of one choice; null until a chunk states one. */
export class FinishAssembly {
  reason: JsonValue = null;
  /** False once two chunks stated different reasons. */
  whole = true;

  add(reason: JsonValue | undefined): void {
    if (isUnset(reason)) return;
    if (this.reason !== null && this.reason !== reason) this.whole = false;
    this.reason = reason;
  }
}

/** Log probabilities of one choice, assembled from its chunks: the lists of one name are joined. */
export class LogprobsAssembly {
  readonly #lists = new Map<string, JsonValue[] | null>();
  #state: 'absent' | 'null' | 'present' = 'absent';
  /** False once a value was neither a list nor null. */
  whole = true;

  add(logprobs: JsonValue | undefined): void {
    if (logprobs === undefined) return;
    if (!isJsonObject(logprobs)) {
      if (logprobs !== null) this.whole = false;
      if (this.#state === 'absent') this.#state = 'null';
      return;
    }
    this.#state = 'present';
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

  /** The field of the choice; empty if the stream had none. */
  close(): JsonObject {
    if (this.#state === 'absent') return {};
    return { logprobs: this.#state === 'null' ? null : Object.fromEntries(this.#lists) };
  }
}
