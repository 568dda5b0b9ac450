/**
 * The guards: hard rules about two questions whose vectors are near. A veto means that only a verifier may serve the
 * earlier answer.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { guardNames } from '../../settings/semantic-settings.ts';
import type { Guard, GuardName } from '../contract.ts';
import { semanticTextOf } from '../text/normalise.ts';
import { codeGuard } from './code.ts';
import { identifiersGuard } from './identifiers.ts';
import { lengthGuard } from './length.ts';
import { namesGuard } from './names.ts';
import { negationGuard } from './negation.ts';
import { numbersGuard } from './numbers.ts';
import { type Opposites, openOppositesGuard } from './opposites.ts';
import { swappedWordGuard } from './swapped-word.ts';
import { symmetric } from './symmetric.ts';
import { wordOrderGuard } from './word-order.ts';

/** Raised whenever a guard gives another verdict than before, since what was learned behind the old ones is void. */
const rulesVersion = 1;

/** The cheapest and most telling guards run first. */
const inTurn = [
  'numbers',
  'identifiers',
  'code',
  'swapped-word',
  'length',
  'names',
  'word-order',
  'negation',
  'opposites',
] as const satisfies readonly GuardName[];

/** Texts whose semantic text is remembered, and their characters together. */
const remembered = { max: 256, maxSize: 1_000_000 } as const;

export interface GuardOptions {
  /** Built-in guards that are on. Default: all. */
  readonly names?: readonly GuardName[] | undefined;
  /** Pairs of opposites besides the built-in lists, by language: `{ en: [['postpaid', 'pay as you go']] }`. */
  readonly opposites?: Opposites | undefined;
  /**
   * Guards of the application's own, by name. They are made symmetric, and one that throws counts as a veto. A guard
   * whose verdicts change needs another name, so that the tier learns anew.
   */
  readonly ownGuards?: Readonly<Record<string, Guard>> | undefined;
}

export interface Veto {
  /** The name of a built-in guard, or of one's own. */
  readonly guard: string;
  /** What differs. Holds words of the questions. */
  readonly reason: string;
}

export interface Guards {
  readonly names: readonly string[];
  /** Names the rules: what was learned behind one version says nothing about another. */
  readonly version: string;
  /** The first veto on a pair, or undefined if no guard objects. */
  veto(asked: string, stored: string, language: string): Veto | undefined;
  /** Every guard's veto on a pair. */
  vetoes(asked: string, stored: string, language: string): readonly Veto[];
}

/**
 * The guards that the options name, as one. They compare the semantic texts of two questions, so politeness makes no
 * difference. A verdict on (a, b) is the one on (b, a), and equal texts have none.
 */
export function openGuards({
  names = guardNames,
  opposites = {},
  ownGuards = {},
}: GuardOptions = {}): Guards {
  const builtIn: Readonly<Record<GuardName, Guard>> = {
    numbers: numbersGuard,
    identifiers: identifiersGuard,
    negation: negationGuard,
    opposites: openOppositesGuard(opposites),
    names: namesGuard,
    code: codeGuard,
    'swapped-word': swappedWordGuard,
    'word-order': wordOrderGuard,
    length: lengthGuard,
  };
  const guards = [
    ...inTurn.filter((name) => names.includes(name)).map((name) => [name, builtIn[name]] as const),
    ...Object.entries(ownGuards).map(([name, guard]) => [name, symmetric(vetoIfItThrows(guard))] as const),
  ];
  const texts = new LRUCache<string, string>({
    ...remembered,
    sizeCalculation: (text, key) => text.length + key.length + 1,
  });

  function textOf(question: string, language: string): string {
    const key = `${language}:${question}`;
    const known = texts.get(key);
    if (known !== undefined) return known;
    const text = semanticTextOf(question, language);
    texts.set(key, text);
    return text;
  }

  function* vetoesOn(asked: string, stored: string, language: string): Generator<Veto> {
    const [one, other] = [textOf(asked, language), textOf(stored, language)];
    for (const [guard, check] of guards) {
      const reason = check(one, other, language);
      if (reason !== undefined) yield { guard, reason };
    }
  }

  return {
    names: guards.map(([name]) => name),
    version: versionOf(
      guards.map(([name]) => name),
      opposites,
    ),
    veto: (asked, stored, language) => vetoesOn(asked, stored, language).next().value ?? undefined,
    vetoes: (asked, stored, language) => [...vetoesOn(asked, stored, language)],
  };
}

function vetoIfItThrows(guard: Guard): Guard {
  return (asked, stored, language) => {
    try {
      return guard(asked, stored, language);
    } catch {
      return 'the guard failed';
    }
  };
}

function versionOf(names: readonly string[], opposites: Opposites): string {
  const rules = JSON.stringify([names.toSorted(), opposites]);
  return `${rulesVersion}-${createHash('sha256').update(rules).digest('hex').slice(0, 12)}`;
}
