/**
 * The headers of the semantic tier: `Askonce-Semantic` of a request, and what a semantic hit says of itself.
 */
import { DisplayString, parseDictionary, serializeItem } from 'structured-headers';
import { z } from 'zod';
import type { Reply } from '../../engine/reply.ts';
import type { SemanticDirectives } from '../../identity/request.ts';

const expected = 'must be a dictionary (RFC 9651) of off, question and max-error=0.005';

/**
 * `Askonce-Semantic`, a dictionary (RFC 9651, section 3.2) of `off`, `question` and `max-error`. An unknown member is
 * refused: a misspelt `off` must not leave the tier on.
 */
export const semanticDirectives: z.ZodType<SemanticDirectives, string> = z
  .string()
  .max(1024)
  .toLowerCase()
  .transform((text, context) => {
    try {
      return parsed(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof WrongMember ? error.message : expected });
      return z.NEVER;
    }
  });

class WrongMember extends Error {}

/** @throws Error for a text that is no such dictionary; its message is for the caller if it is a WrongMember */
function parsed(text: string): SemanticDirectives {
  const dictionary = parseDictionary(text);
  if (dictionary.size === 0) throw new WrongMember(expected);
  const read: { -readonly [Name in keyof SemanticDirectives]: SemanticDirectives[Name] } = {};
  for (const [name, [value]] of dictionary) {
    if ((name === 'off' || name === 'question') && typeof value === 'boolean') read[name] = value;
    else if (name === 'max-error' && typeof value === 'number' && value >= 0 && value <= 1)
      read.maxErrorRate = value;
    else if (name === 'max-error')
      throw new WrongMember('must have a max-error from 0 to 1, with at most three decimals');
    else throw new WrongMember(expected);
  }
  return read;
}

/** Maximum length of a question in a header, in characters. */
const maxQuestion = 120;

/** Adds what a semantic hit says of itself; nothing to any other reply. */
export function addSemanticHeaders(
  headers: Record<string, unknown>,
  { similarity, match, question }: Pick<Reply, 'similarity' | 'match' | 'question'>,
): void {
  if (similarity !== undefined) headers['askonce-similarity'] = decimal(similarity);
  if (match !== undefined) headers['askonce-match'] = match;
  if (question !== undefined) headers['askonce-question'] = displayed(question);
}

/** A decimal (RFC 9651, section 3.3.2), which has three digits. Only what is identical is 1. */
function decimal(similarity: number): string {
  return (similarity < 1 ? Math.min(similarity, 0.999) : 1).toFixed(3);
}

/** A display string (RFC 9651, section 3.3.8) in one line; one that was cut ends in an ellipsis. */
function displayed(question: string): string {
  const characters = [
    ...question
      .toWellFormed()
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim(),
  ];
  const shown = characters.length > maxQuestion ? [...characters.slice(0, maxQuestion - 1), '…'] : characters;
  return serializeItem([new DisplayString(shown.join('')), new Map()]);
}
