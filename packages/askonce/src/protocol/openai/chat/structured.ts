/**
 * JSON as the content of a chat answer: how a request asks for it, and the content that must be it.
 */
import { isJsonObject, type JsonObject } from '../../../json.ts';
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
