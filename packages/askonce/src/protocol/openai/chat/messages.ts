/**
 * Writing the messages of a chat request for the fingerprint. Content as a string and as one text
 * part is the same. Outer white space of a message does not count, except in a last assistant message, which the model
 * continues.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import type { CanonicalWriter } from '../../contract.ts';
import { joinedTurn, textAlone, textPartOf } from '../../turn-text.ts';
import { writePart } from './parts.ts';

export function writeMessages(
  messages: readonly JsonValue[],
  body: JsonObject,
  write: CanonicalWriter,
): string {
  const last = messages.length - 1;
  return write.list(messages, (message, index) => {
    if (!isJsonObject(message)) return write.value(message);
    const isPrefill = index === last && message['role'] === 'assistant';
    const isQuestion = index === last && message['role'] === 'user' && !offersTools(body);
    return write.object(message, {
      content: (content) => writeContent(content, isPrefill, isQuestion, write),
      // The id of an answer that the provider stores.
      audio: (audio) => (audio === null ? write.value(audio) : write.mediaReference(audio)),
    });
  });
}

function offersTools({ tools, functions }: JsonObject): boolean {
  return [tools, functions].some((list) => isJsonArray(list) && list.length > 0);
}

function writeContent(
  content: JsonValue,
  isPrefill: boolean,
  isQuestion: boolean,
  write: CanonicalWriter,
): string {
  if (typeof content === 'string') return writeString(content, isPrefill, isQuestion, write);
  if (!isJsonArray(content)) return write.value(content);
  const alone = onlyText(content);
  if (alone !== undefined) return writeString(alone, isPrefill, isQuestion, write);
  const parts = isPrefill ? content : trimTexts(content);
  const question = isQuestion ? joinedTurn(parts, plainText) : undefined;
  if (question === undefined || question === '') return write.list(parts, (part) => writePart(part, write));
  // The count distinguishes the parts from a string, and from other parts that join to the same text.
  return write.list([parts.length, question], (part) =>
    typeof part === 'string' ? write.semanticText(part) : write.value(part),
  );
}

function writeString(
  content: string,
  isPrefill: boolean,
  isQuestion: boolean,
  write: CanonicalWriter,
): string {
  const text = isPrefill ? content : content.trim();
  return isQuestion && text !== '' ? write.semanticText(text) : write.text(text);
}

/** The text of content that is one text part, which means the same as the text alone. */
function onlyText(parts: readonly JsonValue[]): string | undefined {
  const [only] = parts;
  return only === undefined || parts.length > 1 ? undefined : plainText(only);
}

/** The parts without white space before the first text and after the last, whatever parts surround them. */
function trimTexts(parts: readonly JsonValue[]): readonly JsonValue[] {
  const first = parts.findIndex(isText);
  if (first < 0) return parts;
  const last = parts.findLastIndex(isText);
  return parts.map((part, index) => {
    if ((index !== first && index !== last) || !isText(part)) return part;
    let text = part.text;
    if (index === first) text = text.trimStart();
    if (index === last) text = text.trimEnd();
    return text === part.text ? part : { ...part, text };
  });
}

const mark = 'prompt_cache_breakpoint';
const isText = textPartOf('text');
const plainText = textAlone(isText, mark);
