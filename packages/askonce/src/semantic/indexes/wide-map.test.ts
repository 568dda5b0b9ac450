import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wideMap } from './wide-map.ts';

describe('a wide map', () => {
  it('holds what a map holds, before and after it is divided', () => {
    const key = fc.nat(30).map((number) => `key ${number}`);
    const steps = fc.array(fc.tuple(fc.constantFrom('set', 'delete'), key, fc.nat()), { maxLength: 80 });
    fc.assert(
      fc.property(steps, fc.boolean(), (history, isDivided) => {
        const wide = wideMap<number>();
        const plain = new Map<string, number>();
        const filling = isDivided ? 4_100 : 0;
        for (let number = 0; number < filling; number++) wide.set(`filling ${number}`, number);
        for (let number = 0; number < filling; number++) wide.delete(`filling ${number}`);
        for (const [does, name, value] of history) {
          if (does === 'set') {
            wide.set(name, value);
            plain.set(name, value);
          } else expect(wide.delete(name)).toBe(plain.delete(name));
          expect(wide.get(name)).toBe(plain.get(name));
          expect(wide.has(name)).toBe(plain.has(name));
          expect(wide.size).toBe(plain.size);
          expect([...wide.keys()].sort()).toEqual([...plain.keys()].sort());
          const oldest = wide.oldest();
          if (isDivided) expect(oldest === undefined ? plain.size === 0 : plain.has(oldest)).toBe(true);
          else expect(oldest).toBe([...plain.keys()][0]);
        }
      }),
    );
  });

  it('keeps its rows as it is divided', () => {
    const wide = wideMap<number>();
    for (let number = 0; number < 10_000; number++) wide.set(`${number}`, number);
    for (let number = 0; number < 10_000; number++) expect(wide.get(`${number}`)).toBe(number);
    expect(wide.size).toBe(10_000);
    expect(new Set(wide.keys()).size).toBe(10_000);
  });

  it('names nearly the oldest keys first, once it is divided', () => {
    const wide = wideMap<number>();
    for (let number = 0; number < 10_000; number++) wide.set(`${number}`, number);
    const removed = Array.from({ length: 5_000 }, () => {
      const oldest = wide.oldest() ?? '';
      wide.delete(oldest);
      return Number(oldest);
    });
    // The very oldest have a mean of 2 500, any of them 5 000.
    expect(removed.reduce((sum, number) => sum + number, 0) / removed.length).toBeLessThan(2_800);
  });
});
