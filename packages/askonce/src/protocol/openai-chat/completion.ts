/**
 * Reading a recorded chat answer, body or stream, as one completion.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { completionReader } from '../openai-recorded-completion.ts';
import { ChoiceAssembly } from './choice.ts';

export const readCompletion = completionReader({
  newChoice: () => new ChoiceAssembly(),
  bodyFrame({ object, ...frame }) {
    if (object === undefined) return frame;
    return { ...frame, object: object === 'chat.completion.chunk' ? 'chat.completion' : object };
  },
});

/** The calls of a message, with the one of the deprecated `function_call` as a call like the others. */
export function callsOf({ tool_calls: calls, function_call: call }: JsonObject): readonly JsonValue[] {
  const list = isJsonArray(calls) ? calls : [];
  return isJsonObject(call) ? [...list, { function: call }] : list;
}
