/**
 * Patterns of routes, as the usual frameworks write them: `/users/:id`, `/users/{id}`, `/files/*`. They match whole paths,
 * segment by segment.
 */
import { pathParameter } from '../../identity/path.ts';

export type PathTest = (path: string) => boolean;

/** Makes the test of a pattern; linear in the length of the path. */
export function pathTest(pattern: string): PathTest {
  const wanted = segmentsOf(pattern);
  return (path) => {
    const given = segmentsOf(path);
    for (const [index, segment] of wanted.entries()) {
      if (isRest(segment)) return true;
      const value = given[index];
      if (value === undefined) return segment.endsWith('?') && index === wanted.length - 1;
      if (!fits(segment, value)) return false;
    }
    return given.length === wanted.length;
  };
}

/** A slash at the end does not count. */
function segmentsOf(path: string): readonly string[] {
  return path
    .split('/')
    .filter((segment, index, all) => segment !== '' || (index > 0 && index < all.length - 1));
}

function isRest(segment: string): boolean {
  return segment.startsWith('*') || /^\{\*.*\}$/.test(segment);
}

function fits(segment: string, value: string): boolean {
  const [before = '', ...others] = segment.split(pathParameter);
  if (others.length === 0) return segment === value;
  let at = before.length;
  if (!value.startsWith(before)) return false;
  const last = others.pop() ?? '';
  for (const text of others) {
    const found = value.indexOf(text, at + 1);
    if (found < 0) return false;
    at = found + text.length;
  }
  return value.length > at + last.length && value.endsWith(last);
}
