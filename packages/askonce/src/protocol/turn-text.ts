/**
 * The text of one turn: its outer white space, and the one text that stands for several parts.
 */
import type { JsonObject, JsonValue } from '../json.ts';

type TextPart = JsonObject & { readonly text: string };

/** The parts without white space at the turn's two ends; the parts themselves where there is none. */
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
 * The parts' texts with a blank line between them, or undefined where some part is more than text, or where the
 * texts could not be told apart again: two turns that differ must never be joined to the same text.
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
