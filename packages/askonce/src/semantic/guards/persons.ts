/**
 * Persons: "Can she have what he has?" is not "Can he have what she has?", though both have the same words. A pronoun counts for
 * its person in whatever case it stands.
 */
import { primaryLanguage } from '../text/fold.ts';
import { wordsOf } from '../text/words.ts';
import { persons } from './lists/persons.ts';
import { between } from './symmetric.ts';

/** The persons of both questions, if they are the same ones and come in another order. */
export function personsChangePlaces(one: string, other: string, language: string): string | undefined {
  const [ours, theirs] = [personsOf(one, language), personsOf(other, language)];
  if (ours.size !== theirs.size || [...ours.keys()].some((person) => !theirs.has(person))) return undefined;
  if ([...ours.keys()].join() === [...theirs.keys()].join()) return undefined;
  return between([...ours.values()].join(' … '), [...theirs.values()].join(' … '));
}

/** By person, in the order in which they come: how the first mention of each is written. */
function personsOf(text: string, language: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  const known = persons.get(primaryLanguage(language));
  if (known === undefined) return found;
  for (const { folded, written } of wordsOf(text, language)) {
    const person = known.findIndex((forms) => forms.has(folded));
    if (person >= 0 && !found.has(person)) found.set(person, written);
  }
  return found;
}
