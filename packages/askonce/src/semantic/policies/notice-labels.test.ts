import { expect, it } from 'vitest';
import type { Notices } from '../../store/shared.ts';
import { noticeLabels } from './notice-labels.ts';
import type { Label, Rules } from './record.ts';

const rules: Rules = { maxErrorRate: 0.1, cells: 40, prior: 10, floor: 20 };

function memoryNotices(): Notices & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    get: async (name) => texts.get(name),
    async put(name, text, over) {
      const there = texts.get(name);
      if (there !== undefined && there !== over) return there;
      texts.set(name, text);
      return text;
    },
  };
}

function label(id: string, isWrong = false): Label {
  return { id, stratum: 'threshold', epoch: 1, cell: 3, halvings: 1, isServed: true, hits: 2, isWrong };
}

it('labels are found again by another process, with their counters, floor and hits', async () => {
  const notices = memoryNotices();
  const written = await noticeLabels(notices).append('a', [label('1'), label('2', true)], rules);
  expect(written.threshold).toMatchObject({ epoch: 1, floor: 20, hits: 4, recent: '1' });
  expect(await noticeLabels(notices).load('a', rules)).toEqual(written);
});

it('a label that comes twice is counted once, also after a write whose outcome was unknown', async () => {
  const notices = memoryNotices();
  const failing: Notices = {
    ...notices,
    async put(name, text, over) {
      await notices.put(name, text, over);
      throw new Error('the connection broke');
    },
  };
  await expect(noticeLabels(failing).append('a', [label('1')], rules)).rejects.toThrow();
  const { threshold } = await noticeLabels(notices).append('a', [label('1')], rules);
  expect(threshold.counters.reduce((sum, count) => sum + count, 0)).toBe(1);
});

it('two processes that write at the same time lose no label', async () => {
  const notices = memoryNotices();
  const writing = async (process: string) => {
    const labels = noticeLabels(notices);
    for (let n = 0; n < 10; n++) await labels.append('a', [label(`${process}-${n}`)], rules);
  };
  await Promise.all([writing('one'), writing('other')]);
  const { threshold } = await noticeLabels(notices).load('a', rules);
  expect(threshold.counters.reduce((sum, count) => sum + count, 0)).toBe(20);
});

it('however many pools there are, the notices stay few and within 64 KiB', async () => {
  const notices = memoryNotices();
  const labels = noticeLabels(notices);
  const many = Array.from({ length: 60 }, (_, n) => label(`some-id-${n}`));
  for (let pool = 0; pool < 6_000; pool++) await labels.append(`pool ${pool}`, many, rules);
  expect(notices.texts.size).toBeLessThanOrEqual(256);
  for (const text of notices.texts.values()) expect(Buffer.byteLength(text)).toBeLessThan(65_536);
  expect((await labels.load('pool 5999', rules)).ids).toHaveLength(60);
});

it('labels that cannot be read, and labels of another grid, begin anew', async () => {
  const notices = memoryNotices();
  const labels = noticeLabels(notices);
  await labels.append('a', [label('1')], rules);
  expect((await labels.load('a', { ...rules, cells: 41 })).ids).toEqual([]);
  for (const name of notices.texts.keys()) notices.texts.set(name, '{"not": "labels"}');
  expect((await labels.load('a', rules)).ids).toEqual([]);
});
