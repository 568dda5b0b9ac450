import { expect, it } from 'vitest';
import { countersPerCell, testOf } from './evidence.ts';
import { certify } from './ladder.ts';

/** Counters of one region: right and wrong labels of full weight. */
function labels(right: number, wrong: number): number[] {
  return [right, wrong, ...new Array<number>(countersPerCell - 2).fill(0)];
}

it('of labels that were counted before the floor was lowered twice, none counts below it, and none is taken off twice', () => {
  const counters = [...labels(400, 3), ...labels(300, 2), ...labels(200, 60)];
  const extensions = [
    { from: 1, before: labels(100, 3) },
    { from: 2, before: labels(300, 5) },
  ];
  const options = { test: testOf(0.05), rate: 0.05, alpha: 0.05 };
  // The lowest region has 600 right and 60 wrong labels of its own time: 9 %.
  expect(certify({ counters, floor: 2, extensions }, [{ cell: 0, alpha: 1 }], options).cell).toBe(1);
});
