/**
 * Reading a recorded chat answer, body or stream, as one completion.
 */
import { isStream, type Recording } from '../../entry/recording.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../json.ts';
import { answerFrame, choicesOf, readChunks, tellsError, usageIn } from '../openai-chunks.ts';
import { recordedText } from '../recorded-json.ts';
import { ChoiceAssembly } from './choice.ts';

export type CompletionReading =
  | {
      readonly kind: 'completion';
      readonly completion: JsonObject;
      /** False where the stream held something that the completion can't show. */
      readonly whole: boolean;
    }
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
  const { object, ...frame } = answerFrame(chunks);
  const usage = usageIn(chunks);
  const completion: JsonObject = {
    ...frame,
    ...(object === undefined
      ? {}
      : { object: object === 'chat.completion.chunk' ? 'chat.completion' : object }),
    choices: [...choices].sort(([one], [other]) => one - other).map(([index, choice]) => choice.close(index)),
    ...(usage === undefined ? {} : { usage }),
  };
  return { kind: 'completion', completion, whole: [...choices.values()].every(({ whole }) => whole) };
}

/** The calls of a message, with the one of the deprecated `function_call` as a call like the others. */
export function callsOf({ tool_calls: calls, function_call: call }: JsonObject): readonly JsonValue[] {
  const list = isJsonArray(calls) ? calls : [];
  return isJsonObject(call) ? [...list, { function: call }] : list;
}
