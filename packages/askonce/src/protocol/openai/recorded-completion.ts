/**
 * Reading a recorded answer, chat or text, body or stream, as one completion.
 */
import { isStream, type Recording } from '../../entry/entry.ts';
import { isJsonArray, isJsonObject, type JsonObject, tryParseJson } from '../../json.ts';
import { recordedText } from '../recorded-json.ts';
import { answerFrame, choicesOf, readChunks, tellsError, usageIn } from './chunks.ts';

export type CompletionReading =
  | {
      readonly kind: 'completion';
      readonly completion: JsonObject;
      /** False where the stream held something that the completion can't show. */
      readonly whole: boolean;
    }
  | { readonly kind: 'failed' | 'incomplete' | 'unreadable' };

/** One choice, put together from its chunks. */
export interface ChoiceAssembling {
  add(choice: JsonObject): void;
  /** False once something came that the choice can't be given. */
  readonly whole: boolean;
  close(index: number): JsonObject;
}

export interface CompletionKind {
  readonly newChoice: () => ChoiceAssembling;
  /** What a body carries besides its choices, where chunks carry `frame`. */
  readonly bodyFrame: (frame: JsonObject) => JsonObject;
}

export function completionReader(kind: CompletionKind): (recording: Recording) => CompletionReading {
  return (recording) =>
    isStream(recording.form) ? readStream(recording, kind) : readBody(recordedText(recording));
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

function readStream(recording: Recording, { newChoice, bodyFrame }: CompletionKind): CompletionReading {
  const { kind, chunks } = readChunks(recording);
  if (kind !== 'whole') return { kind };
  const choices = new Map<number, ChoiceAssembling>();
  for (const chunk of chunks) {
    for (const choice of choicesOf(chunk)) {
      const index = typeof choice['index'] === 'number' ? choice['index'] : 0;
      const assembly = choices.get(index) ?? newChoice();
      choices.set(index, assembly);
      assembly.add(choice);
    }
  }
  const usage = usageIn(chunks);
  const completion: JsonObject = {
    ...bodyFrame(answerFrame(chunks)),
    choices: [...choices].sort(([one], [other]) => one - other).map(([index, choice]) => choice.close(index)),
    ...(usage === undefined ? {} : { usage }),
  };
  return { kind: 'completion', completion, whole: [...choices.values()].every(({ whole }) => whole) };
}
