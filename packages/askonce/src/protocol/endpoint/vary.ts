/**
 * `Vary`: the request fields by which answers differ (RFC 9111, section 4.1; RFC 9110, section 12.5.5).
 */
import { hash } from 'node:crypto';
import type { AnswerHeaderFields, AskedRequest } from '../answer-rules.ts';
import { fieldOf } from './lifetime.ts';

/** Names that one answer may vary by; an answer that names more is not stored. */
export const maxVaryNames = 16;
const maxNameLength = 64;
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** A longer value counts by its digest. */
const longestValue = 128;

/**
 * The names in lower case, each once; '*' if the answer varies by what no request says, or by too much. An encoded answer is for
 * clients that accept its encoding, whether it says so or not: some middleware that compresses does not.
 */
export function varyNames(headers: AnswerHeaderFields): readonly string[] | '*' {
  const names = statedNames(headers);
  const encoding = fieldOf(headers, 'content-encoding')?.trim().toLowerCase() ?? '';
  if (names === '*' || encoding === '' || encoding === 'identity') return names;
  return [...new Set([...names, 'accept-encoding'])];
}

function statedNames(headers: AnswerHeaderFields): readonly string[] | '*' {
  const text = fieldOf(headers, 'vary');
  if (text === undefined) return [];
  const names = new Set(
    text
      .toLowerCase()
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  );
  const areNames = [...names].every(
    (name) => name !== '*' && name.length <= maxNameLength && token.test(name),
  );
  return areNames && names.size <= maxVaryNames ? [...names] : '*';
}

/** The fields of a request by whose values it is recognised, in an order of their own. */
export function varyValues(
  names: Iterable<string>,
  headers: AskedRequest['headers'] = {},
): Readonly<Record<string, string | null>> {
  // `constructor` is a name, too.
  const own = (name: string) => (Object.hasOwn(headers, name) ? headers[name] : undefined);
  return Object.fromEntries([...names].toSorted().map((name) => [name, comparable(own(name))]));
}

/**
 * White space round the members of a list does not count (RFC 9111, section 4.1). Where there are quotes, a comma may stand in them, and
 * what is beside it counts.
 */
function comparable(value: string | readonly string[] | undefined): string | null {
  if (value === undefined) return null;
  const given = (typeof value === 'string' ? value : value.join(', ')).trim();
  const text = given.includes('"') ? given : given.replace(/[\t ]*,[\t ]*/g, ', ');
  // Of a credential only its digest is held. A value that is spelt as one must not be taken for the value that has it.
  return text.length > longestValue || text.startsWith('#') ? `#${hash('sha256', text, 'hex')}` : text;
}
