/**
 * What each guard brings and costs: the wrong answers that it alone stops, and the right ones that it alone holds back.
 * Over the sets of the truth bench, at each embedder's prior, behind all gates.
 */
import { guardNames } from '../packages/askonce/src/settings/semantic-settings.ts';
import type { Measured } from './rows.ts';
import { embeddersOf, isLetIn, nearPairs, semanticData, vetoesOf } from './semantic-data.ts';

const sets = ['traps', 'qqp-read', 'paws-en', 'paws-es'] as const;

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  const data = await semanticData();
  const embedders = await embeddersOf(data.texts);
  const judged = embedders
    .flatMap((embedder) => sets.flatMap((set) => nearPairs(data, embedder, set)))
    .filter(isLetIn)
    .map((pair) => ({ isSame: pair.isSame, vetoes: vetoesOf(pair) }));
  const count = (isSame: boolean, vetoed: (vetoes: readonly string[]) => boolean) =>
    judged.filter((pair) => pair.isSame === isSame && vetoed(pair.vetoes)).length;
  const served = { wrong: count(false, isEmpty), right: count(true, isEmpty) };
  for (const guard of guardNames) {
    const isAlone = (vetoes: readonly string[]) => vetoes.length === 1 && vetoes[0] === guard;
    const [stops, holds] = [`semantic-without-${guard}`, `semantic-cost-${guard}`];
    if (wanted(stops)) yield { row: stops, ours: served.wrong + count(false, isAlone), beside: served.wrong };
    if (wanted(holds)) yield { row: holds, ours: count(true, isAlone), beside: served.right };
  }
}

function isEmpty(vetoes: readonly string[]): boolean {
  return vetoes.length === 0;
}
