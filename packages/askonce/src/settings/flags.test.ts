import { expect, it } from 'vitest';
import { Flags, flagNames } from './flags.ts';
import { librarySettings } from './read.ts';

const keys = Array.from({ length: 5000 }, (_, index) => `askonce:v1:p:en:{question ${index}}`);
const at = (share: number | boolean) => new Flags(librarySettings({ staleWhileRevalidate: share }));
const chosen = (flags: Flags) => keys.filter((key) => flags.isOn('staleWhileRevalidate', key));

it('a share of a flag applies to its part of all questions, within what chance allows', () => {
  for (const share of [1, 10, 50, 99]) {
    const sigma = Math.sqrt(keys.length * (share / 100) * (1 - share / 100));
    expect(Math.abs(chosen(at(share)).length - (keys.length * share) / 100)).toBeLessThan(5 * sigma);
  }
  expect(chosen(at(false))).toEqual([]);
  expect(chosen(at(true))).toEqual(keys);
});

it('a share decides each question the same on every machine and after every restart', () => {
  expect(chosen(at(10))).toEqual(chosen(at(10)));
  // Recorded once: a release that decided differently would shuffle every roll-out under way.
  const first = keys.slice(0, 40);
  const flags = at(25);
  expect(first.flatMap((key, index) => (flags.isOn('staleWhileRevalidate', key) ? [index] : []))).toEqual([
    1, 2, 3, 7, 13, 15, 17, 18, 26, 28, 29, 30, 31, 39,
  ]);
});

it('a larger share keeps every question of the smaller one', () => {
  let before = new Set<string>();
  for (const share of [0.5, 10, 50, 100]) {
    const now = new Set(chosen(at(share)));
    expect([...before].filter((key) => !now.has(key))).toEqual([]);
    expect(now.size).toBeGreaterThan(before.size);
    before = now;
  }
});

it('different flags with the same share choose different questions', () => {
  const flags = new Flags(librarySettings({ staleWhileRevalidate: 50, negativeCache: 50 }));
  const both = chosen(flags).filter((key) => flags.isOn('negativeCache', key)).length;
  expect(both / keys.length).toBeGreaterThan(0.2);
  expect(both / keys.length).toBeLessThan(0.3);
});

it('every flag starts as its setting says, and returns to it', () => {
  const flags = new Flags(librarySettings({ enabled: '50%', exactCache: false, negativeCache: true }));
  expect(flags.shares).toMatchObject({ enabled: 50, exactCache: 0, negativeCache: 100, singleFlight: 100 });
  for (const name of flagNames) {
    const settled = flags.shares[name];
    flags.replaceChanges(flags.changed({ [name]: 33 }));
    expect(flags.shares[name]).toBe(33);
    flags.replaceChanges(flags.changed({ [name]: null }));
    expect(flags.shares[name]).toBe(settled);
  }
});

it.each([[{ enabled: 101 }], [{ enabled: '50%' }], [{ enabeld: true }], [[]], [null], ['on']])(
  'an invalid change of a flag is refused, with the valid values: %j',
  (change) => {
    const flags = at(5);
    expect(() => flags.changed(change)).toThrow(/true, false, a percentage .* the flags are enabled, /);
  },
);
