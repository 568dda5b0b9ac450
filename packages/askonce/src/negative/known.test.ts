import { expect, it } from 'vitest';
import { sampleEntry } from '../testing/sample-entry.ts';
import { knownErrors } from './known.ts';

const error = (refreshed: number) => sampleEntry({ key: 'k:neg', refreshed });

it('what the store remembers replaces an older error, and none that this process has learnt since', () => {
  const errors = knownErrors();
  errors.learn(error(1));
  errors.learn(error(2));
  expect(errors.get('k:neg')).toEqual({ entry: error(2), learnt: 0 });

  errors.set({ entry: error(3), learnt: 7 });
  errors.learn(error(2));
  errors.learn(error(3));
  expect(errors.get('k:neg')).toEqual({ entry: error(3), learnt: 7 });

  errors.learn(error(4));
  expect(errors.get('k:neg')).toEqual({ entry: error(4), learnt: 0 });
});

it('many large errors are known only up to a bound', () => {
  const errors = knownErrors();
  const body = 'x'.repeat(64 * 1024);
  for (let number = 0; number < 1000; number++) errors.learn(sampleEntry({ key: `${number}:neg`, body }));
  expect(errors.size).toBeLessThan(64);
  expect(errors.get('999:neg')).toBeDefined();
  errors.forget('999:neg');
  expect(errors.get('999:neg')).toBeUndefined();
});
