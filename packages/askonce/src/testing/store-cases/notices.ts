/** Cases on notices. */
import type { StoreCase } from '../store-case.ts';
import { capable, onTwoHandles } from './capable.ts';

const capability = 'notices';
const year = 31_536_000_000;

export const notices: readonly StoreCase[] = [
  {
    title: 'preserves the last text of a notice for any length of time, for every handle',
    capability,
    async run(context) {
      const { clock, expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      expect(await one.get('flags')).toBe(undefined);
      expect(await one.put('flags', '{"a":1}')).toBe('{"a":1}');
      expect(await other.get('flags')).toBe('{"a":1}');
      expect(await other.put('flags', '{"a":2}', '{"a":1}')).toBe('{"a":2}');
      expect(await one.get('flags')).toBe('{"a":2}');
      clock.advance(10 * year);
      expect(await one.get('flags')).toBe('{"a":2}');
      expect(await other.get('flags')).toBe('{"a":2}');
    },
  },
  {
    title: 'puts a new notice only if there is none yet, and returns the present text',
    capability,
    async run(context) {
      const { expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      expect(await one.put('proof', 'first')).toBe('first');
      expect(await other.put('proof', 'second')).toBe('first');
      expect(await other.put('proof', 'second', '')).toBe('first');
      expect(await one.get('proof')).toBe('first');
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_none, index) =>
          (index % 2 === 0 ? one : other).put('contested', `text ${index}`),
        ),
      );
      expect(new Set(outcomes).size).toBe(1);
      expect(await other.get('contested')).toBe(outcomes[0]);
    },
  },
  {
    title: 'lets exactly one of several callers replace the notice that they all read',
    capability,
    async run(context) {
      const { expect } = context;
      const [one, other] = await onTwoHandles(context, capability);
      expect(await one.put('flags', 'read', 'gone since')).toBe('read');
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_none, index) =>
          (index % 2 === 0 ? one : other).put('flags', `text ${index}`, 'read'),
        ),
      );
      expect(new Set(outcomes).size).toBe(1);
      expect(await one.get('flags')).toBe(outcomes[0]);
      expect(await other.put('flags', 'late', 'read')).toBe(outcomes[0]);
    },
  },
  {
    title: 'distinguishes notices by name, and returns every character of 64 KiB',
    capability,
    async run({ store, expect }) {
      const service = capable(store, capability);
      const long = 'é'.repeat(32_768);
      const texts = { a: 'A', 'a:b': '', 'a*': '日本 \u{1f600}\n', A: long };
      for (const [name, text] of Object.entries(texts)) await service.put(name, text);
      for (const [name, text] of Object.entries(texts)) expect(await service.get(name), name).toBe(text);
      expect(await service.get('b')).toBe(undefined);
    },
  },
];
