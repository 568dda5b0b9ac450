/**
 * The text of a question that is embedded: as it is written, since models know words by their accents and capitals, but
 * without greeting, thanks and politeness, and with plain quotes and dashes.
 */
import { withPlainSigns } from '../../identity/language/normalize.ts';
import { withoutPoliteness } from './drop-politeness.ts';

/** `language` is a BCP 47 tag in lower case, or `und`. */
export function embeddedTextOf(question: string, language: string): string {
  const text = withPlainSigns(question).trim();
  const spoken = withoutPoliteness(text, language);
  return /^[\s\p{P}]*\p{Lu}/u.test(text)
    ? spoken.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase())
    : spoken;
}
