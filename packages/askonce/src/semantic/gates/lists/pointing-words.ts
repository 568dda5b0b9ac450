/** What points outside the question, by language. */
import type { PointingWords } from './pointing/contract.ts';
import { english } from './pointing/en.ts';
import { spanish } from './pointing/es.ts';
import { hebrew } from './pointing/he.ts';
import { portuguese } from './pointing/pt.ts';
import { russian } from './pointing/ru.ts';

export const pointingWords: ReadonlyMap<string, PointingWords> = new Map([
  ['en', english],
  ['es', spanish],
  ['pt', portuguese],
  ['ru', russian],
  ['he', hebrew],
]);
