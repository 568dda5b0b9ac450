/** The politeness of each language, compiled on its first use. */
import { phrases } from '../phrases.ts';
import type { Politeness } from './contract.ts';
import { english } from './en.ts';
import { spanish } from './es.ts';
import { hebrew } from './he.ts';
import { portuguese } from './pt.ts';
import { russian } from './ru.ts';

const lists: ReadonlyMap<string, Politeness> = new Map([
  ['en', english],
  ['es', spanish],
  ['pt', portuguese],
  ['ru', russian],
  ['he', hebrew],
]);

export interface PolitePatterns {
  /** A whole unit at the start, with what it is followed by. */
  readonly openings: readonly RegExp[];
  /** A request to explain, without which the verb that follows says the same. */
  readonly request: RegExp;
  readonly please: RegExp;
  /** A closing after a comma, a full stop or a line break; its first group is what comes before it. */
  readonly closing: RegExp;
  /** A closing after a space only. */
  readonly bareClosing: RegExp;
  readonly mention: RegExp;
  /** What the rest must begin with, where only a space sets a closing apart. */
  readonly bare: RegExp;
  /** Ends a text that a word of politeness belongs to. */
  readonly leading: RegExp;
  /** A part of the text is to be worked on as it is written. */
  readonly works: RegExp;
  /** Begins as a question, a request or an opening does. */
  readonly begins: RegExp;
  /** A first word that another capital letter makes another word. */
  readonly name: RegExp;
  /** Begins as a question does. */
  readonly question: RegExp;
}

const compiled = new Map<string, PolitePatterns>();

/** The patterns of a language (its primary subtag), which match folded text. */
export function politePatternsOf(language: string): PolitePatterns | undefined {
  const known = compiled.get(language);
  if (known !== undefined) return known;
  const list = lists.get(language);
  if (list === undefined) return undefined;
  const patterns = compile(list);
  compiled.set(language, patterns);
  return patterns;
}

const wordEnd = String.raw`(?![\p{L}\p{M}\p{N}'])`;
/** After an opening: an end of clause, or a dash or a smiley with spaces around. */
const clauseEnd = String.raw`\s*(?:[,!?;…)]+|[.:]+(?=\s|$)|\n|-+(?=\s)|\p{Extended_Pictographic}|$)`;

/** "Sorry, but": the whole is one opening. */
const but = `(?:but|pero|mas|но|а|אבל)${wordEnd}`;

function compile(list: Politeness): PolitePatterns {
  const [greetings, thanks, please, asks] = [list.greetings, list.thanks, list.please, list.asks].map(
    phrases,
  );
  const questionWords = `${phrases(list.questionWords)}${wordEnd}`;
  const opener = `(?:${greetings}|${thanks}|${please})${wordEnd}`;
  const begins = `(?:${phrases(list.starts)}|${asks}|${greetings}|${please})${wordEnd}`;
  const anchored = (source: string) => new RegExp(`^(?:${source})`, 'u');
  return {
    openings: [
      anchored(`${opener}(?!,\\s+${but})(?=${clauseEnd})`),
      anchored(`(?:${greetings}|${thanks})${wordEnd}(?=\\s+${begins})`),
      anchored(`${asks}${wordEnd}(?=[\\s,:-]+(?:${please}[\\s,]+)?${questionWords})`),
    ],
    request: anchored(`${phrases(list.requests)}(?=,?\\s+(?:${phrases(list.tellingVerbs)})${wordEnd})`),
    please: anchored(`${please}${wordEnd}`),
    closing: new RegExp(`([,.!?;:…\\n)]|\\s-+)\\s*(?:${thanks}|${please})$`, 'u'),
    bareClosing: new RegExp(`[\\p{L}\\p{N}]()\\s+(?:${thanks}|${please})$`, 'u'),
    bare: anchored(`${list.bareClosings}${wordEnd}`),
    leading: new RegExp(`(?<![\\p{L}\\p{M}\\p{N}])${list.leading}$`, 'u'),
    works: new RegExp(`(?<![\\p{L}\\p{M}])${phrases(list.works)}${wordEnd}`, 'u'),
    begins: anchored(begins),
    mention: new RegExp(`(?<![\\p{L}\\p{M}])${phrases(list.mentions)}${wordEnd}`, 'u'),
    name: anchored(`${phrases(list.names)}${wordEnd}`),
    question: anchored(questionWords),
  };
}
