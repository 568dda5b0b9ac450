/**
 * Opposites and alternatives: one question has a word of a group, the other has another word of it instead (buy, sell;
 * monthly, annual; debit, credit).
 *
 * A list has a group a line; its members are separated by `|`, and the forms of a member by spaces. `activat*` stands
 * for every word that begins so.
 */
import type { Guard } from '../contract.ts';
import { fold, primaryLanguage } from '../text/fold.ts';
import { stemOf } from '../text/stems.ts';
import { type Word, wordsOf } from '../text/words.ts';
import { isLight } from './lists/light.ts';
import { en, enNeighbours } from './lists/opposites/en.ts';
import { es, esNeighbours } from './lists/opposites/es.ts';
import { he, heNeighbours } from './lists/opposites/he.ts';
import { pt, ptNeighbours } from './lists/opposites/pt.ts';
import { ru, ruNeighbours } from './lists/opposites/ru.ts';
import { formsOf } from './pairing.ts';
import { between, symmetric } from './symmetric.ts';

/** Opposites or alternatives by language: each is a word or a phrase. */
export type Opposites = Readonly<Record<string, readonly (readonly string[])[]>>;

/** A group's members; a member's forms are one string, separated by spaces. */
type Group = readonly string[];

/** Where a form belongs: the group, and the member of it. */
interface Place {
  readonly group: number;
  readonly member: number;
}

interface Index {
  readonly forms: ReadonlyMap<string, readonly Place[]>;
  readonly roots: ReadonlyMap<string, readonly Place[]>;
  readonly longestRoot: number;
}

const built: Readonly<Record<string, readonly [anywhere: string, nextToTheSame: string]>> = {
  en: [en, enNeighbours],
  es: [es, esNeighbours],
  pt: [pt, ptNeighbours],
  ru: [ru, ruNeighbours],
  he: [he, heNeighbours],
};

/** The guard with the built-in lists, and the groups that an operator adds to them. */
export function openOppositesGuard(added: Opposites = {}): Guard {
  const indexes = new Map<string, readonly [anywhere: Index, nextToTheSame: Index, added: Phrases]>();
  const languages = new Set([...Object.keys(built), ...Object.keys(added).map(primaryLanguage)]);
  for (const language of languages) {
    const [anywhere = '', nextToTheSame = ''] = built[language] ?? [];
    const own = Object.entries(added).flatMap(([name, groups]) =>
      primaryLanguage(name) === language ? groups : [],
    );
    indexes.set(language, [
      indexOf(groupsOf(anywhere), language),
      indexOf(groupsOf(nextToTheSame), language),
      phrasesOf(own, language),
    ]);
  }
  return symmetric((one, other, language) => {
    const index = indexes.get(primaryLanguage(language));
    if (index === undefined) return undefined;
    const [ours, theirs] = [wordsOf(one, language), wordsOf(other, language)];
    return (
      conflictOf(membersOf(ours, index[0]), membersOf(theirs, index[0])) ??
      conflictOf(addedMembersOf(ours, index[2]), addedMembersOf(theirs, index[2])) ??
      neighboursConflict(ours, theirs, index[1], language) ??
      directionConflict(ours, theirs, language)
    );
  });
}

function groupsOf(list: string): readonly Group[] {
  return list
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split('|'));
}

function indexOf(groups: readonly Group[], language: string): Index {
  const forms = new Map<string, Place[]>();
  const roots = new Map<string, Place[]>();
  const put = (map: Map<string, Place[]>, form: string, place: Place) => {
    const known = map.get(form);
    if (known === undefined) map.set(form, [place]);
    else if (!known.some(({ group, member }) => group === place.group && member === place.member))
      known.push(place);
  };
  groups.forEach((members, group) => {
    members.forEach((member, number) => {
      for (const form of member.split(/\s+/).filter(Boolean).map(fold)) {
        const place = { group, member: number };
        if (form.endsWith('*')) put(roots, form.slice(0, -1), place);
        else for (const one of new Set([form, stemOf(form, language)])) put(forms, one, place);
      }
    });
  });
  return { forms, roots, longestRoot: Math.max(0, ...Array.from(roots.keys(), (root) => root.length)) };
}

/** What an operator adds, by the forms of its first word: the forms of the words after it, and where it belongs. */
type Phrases = ReadonlyMap<
  string,
  readonly { readonly rest: readonly (readonly string[])[]; readonly place: Place }[]
>;

function phrasesOf(groups: readonly Group[], language: string): Phrases {
  const phrases = new Map<string, { rest: readonly (readonly string[])[]; place: Place }[]>();
  groups.forEach((members, group) => {
    members.forEach((phrase, member) => {
      const [first, ...rest] = wordsOf(phrase, language).map(formsOf);
      for (const form of first ?? []) {
        const known = phrases.get(form) ?? [];
        known.push({ rest, place: { group, member } });
        phrases.set(form, known);
      }
    });
  });
  return phrases;
}

function addedMembersOf(words: readonly Word[], phrases: Phrases): Members {
  const found = new Map<number, Map<number, string>>();
  if (phrases.size === 0) return found;
  words.forEach((word, at) => {
    for (const { rest, place } of formsOf(word).flatMap((form) => phrases.get(form) ?? [])) {
      const following = words.slice(at + 1, at + 1 + rest.length);
      const isThere =
        following.length === rest.length &&
        following.every((next, index) => formsOf(next).some((form) => rest[index]?.includes(form)));
      if (!isThere) continue;
      const members = found.get(place.group) ?? new Map<number, string>();
      if (!members.has(place.member))
        members.set(place.member, [word, ...following].map(({ written }) => written).join(' '));
      found.set(place.group, members);
    }
  });
  return found;
}

/** By group: the members that the words name, each with a word that names it. */
type Members = ReadonlyMap<number, ReadonlyMap<number, string>>;

function membersOf(words: readonly Word[], index: Index): Members {
  const found = new Map<number, Map<number, string>>();
  for (const word of words) {
    for (const { group, member } of placesOf(word, index)) {
      const members = found.get(group) ?? new Map<number, string>();
      if (!members.has(member)) members.set(member, word.written);
      found.set(group, members);
    }
  }
  return found;
}

function placesOf(word: Word, { forms, roots, longestRoot }: Index): readonly Place[] {
  const spellings = new Set([word.folded, ...formsOf(word), ...word.readings]);
  if (word.folded.includes('-')) for (const part of word.folded.split('-')) spellings.add(part);
  const found: Place[] = [];
  for (const spelling of spellings) {
    found.push(...(forms.get(spelling) ?? []));
    for (let length = 2; length <= Math.min(longestRoot, spelling.length); length++)
      found.push(...(roots.get(spelling.slice(0, length)) ?? []));
  }
  return found;
}

function conflictOf(ours: Members, theirs: Members): string | undefined {
  for (const [group, members] of ours) {
    const others = theirs.get(group);
    if (others === undefined) continue;
    const [left] = Array.from(members).filter(([member]) => !others.has(member));
    const [right] = Array.from(others).filter(([member]) => !members.has(member));
    if (left !== undefined && right !== undefined) return between(left[1], right[1]);
  }
  return undefined;
}

/** "To Paris" and "from Paris": the words beside the opposites are the same. */
function neighboursConflict(
  ours: readonly Word[],
  theirs: readonly Word[],
  index: Index,
  language: string,
): string | undefined {
  const beside = (words: readonly Word[]) => {
    const found = new Map<string, { readonly place: Place; readonly written: string }[]>();
    words.forEach((word, at) => {
      for (const place of index.forms.get(word.folded) ?? []) {
        for (const neighbour of neighboursOf(words, at, language))
          for (const form of formsOf(neighbour)) {
            const known = found.get(`${place.group} ${form}`);
            if (known === undefined) found.set(`${place.group} ${form}`, [{ place, written: word.written }]);
            else if (known.length < 4) known.push({ place, written: word.written });
          }
      }
    });
    return found;
  };
  const there = beside(theirs);
  for (const [name, mine] of beside(ours)) {
    const yours = there.get(name) ?? [];
    const left = mine.find(({ place }) => !yours.some((other) => other.place.member === place.member));
    const right = yours.find(({ place }) => !mine.some((other) => other.place.member === place.member));
    if (left !== undefined && right !== undefined) return between(left.written, right.written);
  }
  return undefined;
}

/** The next words to both sides that carry meaning. */
function neighboursOf(words: readonly Word[], at: number, language: string): readonly Word[] {
  const isMeaning = ({ isFunctionWord, folded }: Word) => !isFunctionWord && !isLight(folded, language);
  const after = words.slice(at + 1, at + 4).find(isMeaning);
  const before = words[at - 1];
  return [before !== undefined && isMeaning(before) ? before : undefined, after].filter(
    (word) => word !== undefined,
  );
}

/** Hebrew joins "to" and "from" to the next word: לחיפה, מחיפה. */
function directionConflict(
  ours: readonly Word[],
  theirs: readonly Word[],
  language: string,
): string | undefined {
  if (primaryLanguage(language) !== 'he') return undefined;
  const bases = (words: readonly Word[], prefix: string) =>
    new Map(
      words
        .filter(({ folded }) => folded.startsWith(prefix) && folded.length > 3)
        .map(({ folded, written }) => [folded.slice(1).replace(/^-/, ''), written] as const),
    );
  const pairs = [
    [bases(ours, 'ל'), bases(theirs, 'מ'), ours],
    [bases(theirs, 'ל'), bases(ours, 'מ'), theirs],
  ] as const;
  for (const [to, from] of pairs)
    for (const [base, written] of to) {
      const other = from.get(base);
      if (other !== undefined) return between(written, other);
    }
  return undefined;
}
