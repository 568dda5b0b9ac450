/**
 * The text of one turn: trimming its outer white space, and joining its parts into one text.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';

type TextPart = JsonObject & { readonly text: string };

/** Recognises a protocol's text parts by the name of their type. */
export function textPartOf(type: string): (part: JsonValue) => part is TextPart {
  return (part): part is TextPart =>
    isJsonObject(part) && part['type'] === type && typeof part['text'] === 'string';
}

/** The text of a part that holds only text; `mark` names the property that marks it for the provider's prompt cache. */
export function textAlone(
  isText: (part: JsonValue) => part is TextPart,
  mark: string,
): (part: JsonValue) => string | undefined {
  return (part) => {
    if (!isText(part)) return undefined;
    const isPlain = Object.keys(part).every((name) => name === 'type' || name === 'text' || name === mark);
    return isPlain ? part.text : undefined;
  };
}

/** The object without its mark for the provider's prompt cache. */
export function unmarked(value: JsonObject, mark: string): JsonObject {
  if (value[mark] === undefined) return value;
  const { [mark]: _mark, ...rest } = value;
  return rest;
}

/** The parts without white space at both ends of the turn; the same list if there is none. */
export function trimEnds(
  parts: readonly JsonValue[],
  isText: (part: JsonValue) => part is TextPart,
): readonly JsonValue[] {
  const first = parts[0];
  const last = parts.at(-1);
  const startIsBlank = first !== undefined && isText(first) && first.text.trimStart() !== first.text;
  const endIsBlank = last !== undefined && isText(last) && last.text.trimEnd() !== last.text;
  if (!startIsBlank && !endIsBlank) return parts;
  return parts.map((part, index) => {
    if (!isText(part)) return part;
    let text = part.text;
    if (index === 0) text = text.trimStart();
    if (index === parts.length - 1) text = text.trimEnd();
    return text === part.text ? part : { ...part, text };
  });
}

/**
 * The parts' texts joined by a blank line. Undefined if some part is more than text, or if the joined text would
 * be ambiguous: two different turns must never join to the same text.
 */
export function joinedTurn(
  parts: readonly JsonValue[],
  plainText: (part: JsonValue) => string | undefined,
): string | undefined {
  const texts: string[] = [];
  for (const part of parts) {
    const text = plainText(part);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  if (texts.length === 0) return undefined;
  const [only] = texts;
  if (texts.length === 1) return only;
  const areApart = texts.every(
    (text) => !text.includes('\n\n') && !text.startsWith('\n') && !text.endsWith('\n'),
  );
  return areApart ? texts.join('\n\n') : undefined;
}
