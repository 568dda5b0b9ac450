import { expect, it } from 'vitest';
import type { ObservedEvent } from '../observe/events.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { refusals } from './refusals.ts';

const refused = (key: string | undefined, reason: string): ObservedEvent => ({
  requestId: 'req_1',
  protocol: 'openai-chat',
  provider: 'https://provider.test',
  subject: 'm',
  key,
  type: 'refused',
  reason,
});

it('refusals are counted by reason, and the last of each key is remembered with its time', () => {
  const clock = fakeClock();
  const { observe, counts, last } = refusals(clock);
  observe(refused('a', 'empty'));
  const first = clock.now();
  clock.advance(1000);
  observe(refused('a', 'schema'));
  observe(refused('b', 'empty'));
  observe(refused(undefined, 'empty'));
  expect(counts()).toEqual({ empty: 3, schema: 1 });
  expect(last('a')).toEqual({ reason: 'schema', at: first + 1000 });
  expect(last('c')).toBeUndefined();
});

it('refusals are remembered for a bounded number of keys, and the oldest are forgotten first', () => {
  const { observe, counts, last } = refusals(fakeClock());
  for (let n = 0; n < 3000; n += 1) observe(refused(`key-${n}`, 'empty'));
  const remembered = Array.from({ length: 3000 }, (_, n) => last(`key-${n}`)).filter(
    (one) => one !== undefined,
  );
  expect(remembered.length).toBe(1000);
  expect(last('key-1999')).toBeUndefined();
  expect(last('key-2000')).toBeDefined();
  expect(counts()).toEqual({ empty: 3000 });
});

it('other events are not counted', () => {
  const { observe, counts } = refusals(fakeClock());
  expect(observe.types).toEqual(new Set(['refused']));
  observe({ type: 'invalidated', removed: 1, cause: 'asked' });
  expect(counts()).toEqual({});
});
