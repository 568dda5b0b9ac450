/**
 * Limits on the caller's context: what goes into keys, tags and entries is short and has one spelling.
 */
import { AskonceError } from '../errors.ts';
import type { CallerContext } from './request.ts';
import { maxOwnTags, maxTagBytes } from './tags.ts';

/** Characters that one part of the context may have. */
export const maxContextLength = 256;

const names = ['tenant', 'user', 'session', 'indexVersion', 'character', 'locale', 'category'] as const;
const languageTag = /^[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8}){0,6}$/;

/**
 * Checks the context.
 * @throws AskonceError `invalid_request`, naming the part, never its value.
 */
export function checkContext(context: CallerContext): void {
  for (const name of names) checkLength(name, context[name]);
  const { template, tags } = context;
  if (template !== undefined) {
    checkLength('template.id', template.id);
    checkLength('template.version', template.version);
  }
  if (tags !== undefined) checkTags(tags);
}

/**
 * The language of a question as keys hold it: in lower case (BCP 47 tags have no case), `und` where none is given.
 * @throws AskonceError `invalid_request` for what is not shaped like a tag.
 */
export function languageOf({ language }: CallerContext): string {
  if (language === undefined) return 'und';
  if (languageTag.test(language)) return language.toLowerCase();
  throw new AskonceError('invalid_request', 'language: expected a BCP 47 tag, such as en or pt-BR');
}

function checkLength(name: string, value: string | undefined): void {
  if (value !== undefined && value.length > maxContextLength)
    throw new AskonceError('invalid_request', `${name}: expected at most ${maxContextLength} characters`);
}

// A tag left out unsaid would leave an entry that the tag can't take back.
function checkTags(tags: readonly string[]): void {
  if (tags.length > maxOwnTags)
    throw new AskonceError('invalid_request', `tags: expected at most ${maxOwnTags}`);
  const wrong = tags.findIndex((tag) => tag === '' || Buffer.byteLength(tag) > maxTagBytes);
  if (wrong >= 0)
    throw new AskonceError('invalid_request', `tags[${wrong}]: expected 1 to ${maxTagBytes} bytes`);
}
