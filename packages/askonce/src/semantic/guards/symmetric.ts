import type { Guard } from '../contract.ts';

/**
 * A guard that gives one verdict for (a, b) and (b, a), and none for a question and itself: `compare` always gets the
 * two in one order.
 */
export function symmetric(compare: Guard): Guard {
  return (asked, stored, language) => {
    if (asked === stored) return undefined;
    return asked < stored ? compare(asked, stored, language) : compare(stored, asked, language);
  };
}

/** How a reason shows what one question has and the other has instead. */
export function between(one: string, other: string): string {
  return `${one === '' ? 'nothing' : one} / ${other === '' ? 'nothing' : other}`;
}
