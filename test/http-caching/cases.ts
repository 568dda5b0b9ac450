/** All cases. */
import type { HttpCase } from './case.ts';
import { freshnessCases } from './cases/freshness.ts';
import { servingCases } from './cases/serving.ts';
import { storingCases } from './cases/storing.ts';
import { validatingCases } from './cases/validating.ts';

export const cases: readonly HttpCase[] = [
  ...freshnessCases,
  ...storingCases,
  ...servingCases,
  ...validatingCases,
];
