/** Word lists are written as text, so that they can be read and extended a line at a time. */
import { fold } from '../../text/fold.ts';

/** The words of a list, folded as `semantic/text/words.ts` folds them. */
export function listOf(text: string): ReadonlySet<string> {
  return new Set(itemsOf(text).map(fold));
}

export function listsOf(texts: Readonly<Record<string, string>>): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(Object.entries(texts).map(([language, text]) => [language, listOf(text)]));
}

export function itemsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((item) => item !== '');
}
