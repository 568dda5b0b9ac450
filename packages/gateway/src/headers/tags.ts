/**
 * The Askonce-Tags header: a dictionary (RFC 8941, section 3.2) of the caller's own tags.
 */
import { maxOwnTags, maxTagBytes } from 'askonce';
import { isInnerList, parseDictionary, Token } from 'structured-headers';

/**
 * One `name=value` a tag, in the order given; a name alone is `name=true`.
 * @throws Error whose message says what is wrong, without the tag's text.
 */
export function parseTags(text: string): readonly string[] {
  let dictionary: ReturnType<typeof parseDictionary>;
  try {
    dictionary = parseDictionary(text);
  } catch (error) {
    throw new Error('must be a dictionary (RFC 8941), such as team=search, release="2026-11"', {
      cause: error,
    });
  }
  if (dictionary.size > maxOwnTags) throw new Error(`must have at most ${maxOwnTags} tags`);
  return [...dictionary].map(([name, item]) => {
    if (isInnerList(item)) throw new Error('must have one value a tag, not a list');
    const tag = `${name}=${valueText(item[0])}`;
    if (Buffer.byteLength(tag) > maxTagBytes)
      throw new Error(`must have tags of at most ${maxTagBytes} bytes`);
    return tag;
  });
}

function valueText(value: unknown): string {
  if (value instanceof Token) return value.toString();
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new Error('must have strings, tokens, numbers or booleans as values');
}
