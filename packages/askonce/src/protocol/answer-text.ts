/**
 * Text as an answer: white space alone is none, and neither are thoughts that a model writes into its text in tags.
 */
import { isJsonArray, isJsonObject, type JsonValue } from '../json.ts';

/** White space, with the characters of no width that some models fill an answer with. */
const blank = /^[\s\u200b-\u200f\u2060\ufeff]*$/;
/** How thoughts begin in text, and how they end. */
const thoughts: readonly (readonly [opening: RegExp, closing: string])[] = [
  ...['think', 'thinking', 'thought', 'reasoning', 'seed:think'].map(
    (name) => [new RegExp(`^\\s*<${name}>`, 'i'), `</${name}>`] as const,
  ),
  // Magistral, Kimi, and gpt-oss behind a server that does not read its channels.
  [/^\s*\[think\]/i, '[/think]'],
  [/^\s*◁think▷/i, '◁/think▷'],
  [/^\s*(?:<\|start\|>assistant)?<\|channel\|>analysis/i, '<|channel|>final<|message|>'],
];

/** Whether a value is text with an answer in it. */
export function saysText(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && !blank.test(withoutThoughts(value));
}

/** Types of parts that hold thoughts. */
const thoughtParts: ReadonlySet<JsonValue | undefined> = new Set([
  'thinking',
  'redacted_thinking',
  'reasoning',
]);
/** Types of parts that hold text of an answer: in chats and messages, and in responses. */
const textParts: ReadonlySet<JsonValue | undefined> = new Set(['text', 'output_text']);

/**
 * The text of a content, without thoughts and outer white space, if it has text and nothing else: a string, or a list
 * of parts. Undefined if a part is of any other type.
 */
export function textAnswer(content: JsonValue | undefined): string | undefined {
  const parts = isJsonArray(content) ? content : [content];
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if (!isJsonObject(part)) return undefined;
    else if (textParts.has(part['type']) && typeof part['text'] === 'string') text += part['text'];
    else if (!thoughtParts.has(part['type'])) return undefined;
  }
  const answer = withoutThoughts(text);
  return blank.test(answer) ? undefined : answer.trim();
}

/**
 * The text behind the thoughts at its beginning (`<think>…</think>`). A template may put the opening tag into the prompt;
 * then the text begins with the thoughts, and a closing tag ends them.
 */
function withoutThoughts(text: string): string {
  const closing = thoughts.find(([opening]) => opening.test(text))?.[1];
  if (closing === undefined) return /<\/think>\s*$/i.test(text.slice(-64)) ? '' : text;
  const end = text.toLowerCase().indexOf(closing);
  return end < 0 ? '' : withoutThoughts(text.slice(end + closing.length));
}
