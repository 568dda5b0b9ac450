/**
 * The truth of semantic hits: which pairs of questions are served, and how many of them wrongly? At each embedder's
 * prior, with all guards and gates, before anything is learned.
 */

import { openGuards } from '../packages/askonce/src/semantic/guards/guards.ts';
import { guardNames } from '../packages/askonce/src/settings/semantic-settings.ts';
import type { Measured } from './rows.ts';
import {
  type BenchEmbedder,
  embeddersOf,
  isIdentical,
  localModelOf,
  nearPairs,
  type Pair,
  passes,
  type SemanticData,
  semanticData,
} from './semantic-data.ts';
import { reuseOf } from './semantic-reuse.ts';

/** What is said around a question, by language; `…` stands for the question. */
const politeness: Readonly<Record<string, readonly string[]>> = {
  en: ['Hi, …', 'Hello! … Thank you!', 'Good morning, … Thanks in advance.'],
  es: ['Hola, …', 'Buenos días. … Gracias.', 'Buenas tardes, … ¡Muchas gracias!'],
  pt: ['Olá, …', 'Bom dia. … Obrigado.', 'Boa tarde, … Muito obrigada!'],
  ru: ['Здравствуйте, …', 'Добрый день! … Спасибо.', 'Привет, … Заранее спасибо!'],
  he: ['שלום, …', 'בוקר טוב, … תודה.', 'היי, … תודה רבה!'],
};

/** By embedder: the sets whose share of wrong answers is a row. */
const sets = ['paws-en', 'paws-es', 'qqp-read'] as const;

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  const data = await semanticData();
  const recorded = await embeddersOf(data.texts);
  const embedders = wantsLocal(wanted)
    ? [...recorded, await localModelOf(data, ['traps', ...sets])]
    : recorded;
  for (const embedder of embedders) {
    const name = embedder.name.toLowerCase();
    const traps = servedOf(data, embedder, 'traps');
    if (wanted(`semantic-traps-${name}`))
      yield { row: `semantic-traps-${name}`, ours: traps.filter(({ isSame }) => !isSame).length };
    for (const set of sets) {
      const row = `semantic-${set}-${name}`;
      if (wanted(row)) yield { row, ours: wrongShare(servedOf(data, embedder, set)) };
    }
  }
  const wrongEveryday = data.everyday.filter((pair) => !pair.isSame && passes(pair)).length;
  if (wanted('semantic-everyday')) yield none('semantic-everyday', wrongEveryday);
  if (wanted('semantic-politeness')) yield none('semantic-politeness', unserved(data.everyday));
  if (wanted('semantic-symmetry')) yield none('semantic-symmetry', asymmetric(data));
  const miniLm = embedders.find(({ name }) => name === 'MiniLM');
  if (miniLm === undefined || !['semantic-reuse', 'semantic-reuse-low'].some(wanted)) return;
  const { guarded, plain, low } = reuseOf(data, miniLm);
  if (wanted('semantic-reuse')) yield { row: 'semantic-reuse', ours: guarded, beside: plain };
  if (wanted('semantic-reuse-low')) yield { row: 'semantic-reuse-low', ours: low, beside: 1 };
}

function wantsLocal(wanted: (row: string) => boolean): boolean {
  return ['traps', ...sets].some((set) => wanted(`semantic-${set}-local`));
}

function servedOf(data: SemanticData, embedder: BenchEmbedder, set: string): readonly Pair[] {
  return nearPairs(data, embedder, set).filter(passes);
}

/** Percent. */
function wrongShare(served: readonly Pair[]): number {
  if (served.length === 0) throw new Error('nothing is served, so there is no share of it');
  return (100 * served.filter(({ isSame }) => !isSame).length) / served.length;
}

/** A row that allows no case at all. */
function none(row: string, cases: number): Measured {
  return { row, ours: cases, ratio: cases };
}

/** Questions that are not one text with and without politeness. */
function unserved(everyday: readonly Pair[]): number {
  const polite = everyday
    .filter(({ isSame }) => isSame)
    .flatMap(({ one }) => (politeness[one.language] ?? []).map((around) => [one, around] as const));
  return polite.filter(
    ([one, around]) => !isIdentical(one, { ...one, text: around.replace('…', () => one.text) }),
  ).length;
}

/** Pairs on which the guards say something else when the questions change places. */
function asymmetric({ texts, pairs, everyday }: SemanticData): number {
  const { vetoes } = openGuards({ names: guardNames });
  const read = pairs.flatMap(({ rows: [a, b] }) => {
    const [one, other] = [texts[a], texts[b]];
    return one === undefined || other === undefined ? [] : [{ one, other }];
  });
  return [...read, ...everyday].filter(({ one, other }) => {
    const there = vetoes(one.text, other.text, one.language);
    return JSON.stringify(there) !== JSON.stringify(vetoes(other.text, one.text, one.language));
  }).length;
}
