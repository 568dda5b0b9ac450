import { expect, it } from 'vitest';
import { seatClasses } from '../examples/own-guard/seat-classes.ts';
import { openGuards } from '../packages/askonce/src/semantic/guards/guards.ts';

it('the guard of the guide vetoes beside the built-in ones', () => {
  const { vetoes } = openGuards({ ownGuards: { 'seat-classes-1': seatClasses } });
  const question = 'What may I carry on board?';
  expect(
    vetoes(`${question} I fly coach.`, `${question} I fly economy.`, 'en').map(({ guard }) => guard),
  ).toEqual(['swapped-word']);
  expect(
    vetoes(`${question} I fly club.`, `${question} I fly coach.`, 'en').map(({ guard }) => guard),
  ).toContain('seat-classes-1');
});
