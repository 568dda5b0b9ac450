/**
 * The content of a chat answer: its text, and the JSON that a request asks for.
 */
import { isJsonArray, isJsonObject, isUnset, type JsonObject, type JsonValue } from '../../../json.ts';
import { textAnswer } from '../../answer-text.ts';
import { type Structured, textIn, wantedByCompletion } from '../../structured.ts';
import { choicesOf } from '../chunks.ts';
import { callsOf } from './convert.ts';

export const structured: Structured = {
  wanted: wantedByCompletion,
  contents(answer) {
    if (!isJsonObject(answer)) return [];
    return choicesOf(answer)
      .map(({ message }): JsonObject => (isJsonObject(message) ? message : {}))
      .filter((message) => callsOf(message).length === 0)
      .map(({ content }) => textIn(content));
  },
};

/** The text of the only choice, if that is all that its message says. */
export function answerText(answer: JsonValue): string | undefined {
  const [choice, ...others] = isJsonObject(answer) ? choicesOf(answer) : [];
  const message = choice?.['message'];
  if (!isJsonObject(message) || others.length > 0 || callsOf(message).length > 0) return undefined;
  const { content, refusal, audio, images } = message;
  const hasImages = isJsonArray(images) ? images.length > 0 : !isUnset(images);
  return hasImages || !isUnset(refusal) || !isUnset(audio) ? undefined : textAnswer(content);
}
