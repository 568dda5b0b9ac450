/**
 * The stem of a word: its spelling without the endings of number, gender and case.
 *
 * Endings of tense and person stay ("cancel", "cancelled"), and so do prefixes: where a stem is too short, two
 * different words count as one, and an earlier answer may be wrong; where it is too long, a hit is lost. For the same
 * reason Spanish and Portuguese gender is removed only from the endings of adjectives: `cuenta` is not `cuento`.
 */

/** Takes a word in lower case, in the spelling of its language. */
type Stem = (word: string) => string;

type Ending = readonly [pattern: RegExp, instead: string];

/** The first ending that fits is replaced. */
function firstOf(...endings: readonly Ending[]): Stem {
  return (word) => {
    const found = endings.find(([pattern]) => pattern.test(word));
    return found === undefined ? word : word.replace(found[0], found[1]);
  };
}

const english = firstOf(
  [/['’]s$|(?<=s)['’]$/, ''],
  [/(?<=\p{L}{2})ies$/u, 'y'],
  [/(?<=\p{L}(?:s|x|z|ch|sh))es$/u, ''],
  [/(?<=\p{L}{2}[^sui'’])s$/u, ''],
);

const spanishPlural = firstOf(
  [/(?<=\p{L})ces$/u, 'z'],
  [/(?<=\p{L}[^aeiouáéíóú])es$/u, ''],
  [/(?<=\p{L}{2}[aeoáéó])s$/u, ''],
);
/** `clase` and `clases` beside `mes` and `meses`: the plural does not show whether there was an `e`. */
const finalE = firstOf([/(?<=\p{L}{2}[^aeiouáéíóú])e$/u, '']);
const spanishGender = firstOf([/(?<=\p{L}(?:[ai]d|os|iv|ari|uit|uev|ad?or))[oa]$/u, '']);

const portuguesePlural = firstOf(
  [/(?:o|õ|a|ã)es$/u, 'ao'],
  [/(?<=\p{L}{2})[aá]is$/u, 'al'],
  [/(?<=\p{L}{2})[eé]is$/u, 'el'],
  [/(?<=\p{L}{2})ns$/u, 'm'],
  [/(?<=\p{L}[rsz])es$/u, ''],
  [/(?<=\p{L}{2}[aeiouáéêóôã])s$/u, ''],
);
const portugueseGender = firstOf([/(?<=\p{L}(?:[ai]d|os|iv|[aá]ri|uit|ad?or))[oa]$/u, '']);

/** Of nouns and adjectives. The longest come first; at least three letters stay. */
const russian = firstOf(
  [/(?<=\p{L}{3})(?:иями|ыми|ими|ами|ями|его|ого|ему|ому|иях|иям|ией|ием)$/u, ''],
  [/(?<=\p{L}{3})(?:ый|ий|ой|ая|яя|ое|ее|ые|ие|ым|им|ую|юю|ых|их|ом|ем|ей|ов|ев|ам|ям|ах|ях|ия|ии|ию)$/u, ''],
  [/(?<=\p{L}{3})[аяуюеиыьо]$/u, ''],
);

const finals: ReadonlyMap<string, string> = new Map([
  ['ם', 'מ'],
  ['ן', 'נ'],
  ['ף', 'פ'],
  ['ך', 'כ'],
  ['ץ', 'צ'],
]);

const hebrewEnding = firstOf([/(?<=\p{L}{3})(?:ים|ות)$/u, ''], [/(?<=\p{L}{3})ה$/u, '']);
const hebrew: Stem = (word) =>
  hebrewEnding(word).replace(/[םןףךץ]$/u, (letter) => finals.get(letter) ?? letter);

const asItIs: Stem = (word) => word;

const byLanguage: ReadonlyMap<string, Stem> = new Map<string, Stem>([
  ['en', english],
  ['es', (word) => spanishGender(finalE(spanishPlural(word)))],
  ['pt', (word) => portugueseGender(finalE(portuguesePlural(word)))],
  ['ru', russian],
  ['he', hebrew],
]);

/** The stem of a word (in lower case) by its language's primary subtag; the word itself in any other language. */
export function stemOf(word: string, language: string): string {
  return (byLanguage.get(language) ?? asItIs)(word);
}

/**
 * Hebrew writes the article, "and", and five prepositions as a part of the next word, and a word may begin with the
 * same letters. So the word without one or two of them is a possible reading, beside the word itself.
 */
const hebrewPrefixes = /^[הובלכמש](?=\p{L}{3})/u;

/** The stem, and after it what it may be without its prefixes, if the language writes some as a part of the word. */
export function readingsOf(stem: string, language: string): readonly string[] {
  if (language !== 'he') return [stem];
  const once = stem.replace(hebrewPrefixes, '');
  const twice = once.replace(hebrewPrefixes, '');
  return [...new Set([stem, once, twice])];
}
