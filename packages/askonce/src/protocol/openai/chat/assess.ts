/**
 * Assessing a finished chat recording.
 */
import type { Recording } from '../../../entry/entry.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../../../json.ts';
import { saysText } from '../../answer-text.ts';
import type { Assessment, Finish, FinishWords } from '../../contract.ts';
import { hasText } from '../../recorded-json.ts';
import { choicesOf } from '../chunks.ts';
import { assessed, finishOfChoice, idOf, modelOf, usageOf, worstFinish } from '../finish.ts';
import { callsOf, readCompletion } from './convert.ts';

export function assess(recording: Recording, words?: FinishWords): Assessment {
  return assessed(recording, readCompletion(recording), words, (completion) => judge(completion, words));
}

function judge(completion: JsonObject, words: FinishWords | undefined): Assessment {
  const choices = choicesOf(completion);
  const messages = choices.map(messageOf);
  return {
    ...worstFinish(choices, (choice) => choiceFinish(choice, words)),
    empty: messages.length === 0 || !messages.every(saysSomething),
    toolCalls: judgeCalls(messages.flatMap(callsOf)),
    usage: usageOf(completion),
    model: modelOf(completion),
    id: idOf(completion),
  };
}

function messageOf({ message }: JsonObject): JsonObject {
  return isJsonObject(message) ? message : {};
}

function choiceFinish(choice: JsonObject, words: FinishWords | undefined): Finish {
  const finish = finishOfChoice(choice, words);
  const { refusal } = messageOf(choice);
  return finish === 'natural' && hasText(refusal) ? 'refused' : finish;
}

/** Reasoning is no answer, in whatever field or part it comes. */
function saysSomething(message: JsonObject): boolean {
  const { content, refusal, audio, images } = message;
  return (
    saysText(content) ||
    hasText(refusal) ||
    (isJsonArray(content) && content.some(isAnswerPart)) ||
    (isJsonArray(images) && images.length > 0) ||
    isJsonObject(audio) ||
    callsOf(message).length > 0
  );
}

const thoughts: ReadonlySet<JsonValue | undefined> = new Set(['thinking', 'redacted_thinking', 'reasoning']);

function isAnswerPart(part: JsonValue): boolean {
  if (!isJsonObject(part)) return saysText(part);
  const { type, text } = part;
  if (thoughts.has(type)) return false;
  return type === 'text' || text !== undefined ? saysText(text) : true;
}

function judgeCalls(calls: readonly JsonValue[]): Assessment['toolCalls'] {
  if (calls.length === 0) return 'none';
  return calls.every(isValidCall) ? 'valid' : 'invalid';
}

/** A custom tool takes free text; a function without parameters may be called with empty text. */
function isValidCall(call: JsonValue): boolean {
  if (!isJsonObject(call)) return false;
  const { function: called } = call;
  if (!isJsonObject(called)) return isJsonObject(call['custom']);
  const { name, arguments: text } = called;
  if (typeof name === 'string' && name.trim() === '') return false;
  if (typeof text !== 'string') return text === undefined || isJsonObject(text);
  return text.trim() === '' || tryParseJson(text) !== undefined;
}
