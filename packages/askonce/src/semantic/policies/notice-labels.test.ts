import { expect, it } from 'vitest';
import { memoryNotices } from '../../../../../test/support/memory-notices.ts';
import { systemClock } from '../../clock.ts';
import type { Batch, LabelStore } from './batches.ts';
import { noticeLabels } from './notice-labels.ts';
import type { Label, PoolRecord, Rules } from './record.ts';

const rules: Rules = { maxErrorRate: 0.1, cells: 40, prior: 10, floor: 20 };

function label(id: string, isWrong = false): Label {
  const drawn = { stratum: 'threshold', epoch: 1, cell: 3, halvings: 1, isServed: true, floor: 20 } as const;
  return { id, ...drawn, hits: 2, isWrong };
}

/** A process that writes batches of a pool, as many times as it takes. */
function writerOf(labels: LabelStore, writer: string, pool = 'a') {
  let batches: readonly Batch[] = [];
  let known: PoolRecord | undefined;
  const update = async () => {
    const { record } = await labels.update(pool, { writer, known, batches }, rules);
    known = record;
    return record;
  };
  return {
    /** Reads the record, and repeats what it lacks. */
    update,
    write(...some: readonly Label[]) {
      batches = [...batches, { number: batches.length + 1, labels: some }];
      return update();
    },
    /** Loses what it knows of the record. */
    forget: () => {
      known = undefined;
    },
  };
}

const countOf = ({ threshold }: PoolRecord) => threshold.counters.reduce((sum, count) => sum + count, 0);
const lost = () => {
  throw new Error('the connection broke');
};

it('labels are found again by another process, with their counters, floor and hits', async () => {
  const notices = memoryNotices();
  const labels = noticeLabels(notices, systemClock);
  const written = await writerOf(labels, 'one').write(label('1'), label('2', true));
  expect(written.threshold).toMatchObject({ epoch: 1, floor: 20, hits: 4, recent: '1' });
  expect(written).toMatchObject({ labels: 2, writers: [['one', 1]] });
  expect(await writerOf(noticeLabels(notices, systemClock), 'other').update()).toEqual(written);
});

it('a batch whose answer was lost is repeated once, however many labels others have counted meanwhile', async () => {
  const notices = memoryNotices();
  const labels = noticeLabels(notices, systemClock);
  const one = writerOf(labels, 'one');
  notices.after = lost;
  // The look fails first, then the answer to the write is lost.
  await expect(one.write(label('1'))).rejects.toThrow();
  notices.after = () => {
    if (notices.texts.size > 0) lost();
  };
  await expect(one.update()).rejects.toThrow();
  notices.after = () => {};
  const other = writerOf(labels, 'other');
  for (let batch = 0; batch < 10; batch++)
    await other.write(...Array.from({ length: 40 }, (_, n) => label(`other ${batch} ${n}`)));
  expect(countOf(await one.update())).toBe(401);
  expect(countOf(await one.write(label('2')))).toBe(402);
});

it('a batch is dropped rather than counted twice where so many have written since that it may have been forgotten', async () => {
  const notices = memoryNotices();
  const labels = noticeLabels(notices, systemClock);
  const one = writerOf(labels, 'one');
  await writerOf(labels, 'first').write(label('first'));
  let puts = 0;
  notices.after = () => {
    puts += 1;
    if (puts === 2) lost();
  };
  await expect(one.write(label('1'))).rejects.toThrow();
  for (let n = 0; n < 70; n++)
    await writerOf(labels, `writer ${n}`).write(...Array.from({ length: 3 }, (_, at) => label(`${n} ${at}`)));
  const record = await one.update();
  expect(record.writers).toHaveLength(64);
  expect(countOf(record)).toBe(1 + 1 + 210);
  // What was never tried is certain.
  expect(countOf(await one.write(label('2')))).toBe(213);
});

it('a pair that is judged at two gateways is counted once', async () => {
  const labels = noticeLabels(memoryNotices(), systemClock);
  await writerOf(labels, 'one').write(label('a pair'));
  expect(countOf(await writerOf(labels, 'other').write(label('a pair'), label('another')))).toBe(2);
});

it('sixteen processes that write the same pool at the same time lose no label, and each has its turn', async () => {
  const notices = memoryNotices();
  notices.before = () => new Promise((resolve) => setImmediate(resolve));
  const writing = async (process: number) => {
    const one = writerOf(noticeLabels(notices, systemClock), `process ${process}`);
    for (let n = 0; n < 20; n++) await one.write(label(`${process}-${n}`));
  };
  await Promise.all(Array.from({ length: 16 }, (_, process) => writing(process)));
  const record = await writerOf(noticeLabels(notices, systemClock), 'reader').update();
  expect(countOf(record)).toBe(320);
  expect(record.writers.map(([, number]) => number)).toEqual(Array.from({ length: 16 }, () => 20));
});

it('a store that was lost gets the record back from the process that knows most, and nothing is added up', async () => {
  const notices = memoryNotices();
  const labels = noticeLabels(notices, systemClock);
  const one = writerOf(labels, 'one');
  const other = writerOf(labels, 'other');
  for (let n = 0; n < 5; n++) await one.write(label(`one ${n}`));
  await other.write(label('other 0'));
  await one.write(label('one 5'), label('one 6', true));
  notices.texts.clear();
  // The one that knows less comes first, and both have something of their own.
  expect(countOf(await other.write(label('other 1')))).toBe(7);
  expect(countOf(await one.write(label('one 7')))).toBe(9);
  const [again, same] = [await other.update(), await one.update()];
  expect(again).toEqual(same);
  expect(countOf(same)).toBe(10);
  expect(same.threshold.recent).toContain('1');
});

it('processes that all give a lost record back at once do not add up', async () => {
  const notices = memoryNotices();
  notices.before = () => new Promise((resolve) => setImmediate(resolve));
  const labels = noticeLabels(notices, systemClock);
  const all = Array.from({ length: 8 }, (_, n) => writerOf(labels, `process ${n}`));
  for (const [n, one] of all.entries()) await one.write(label(`first ${n}`), label(`second ${n}`));
  for (let round = 0; round < 3; round++) {
    notices.texts.clear();
    await Promise.all(all.map((one, n) => one.write(label(`${round} ${n}`))));
    await Promise.all(all.map((one) => one.update()));
  }
  const records = await Promise.all(all.map((one) => one.update()));
  expect(records.map(countOf)).toEqual(all.map(() => 8 * 5));
});

it('a record that went back to an earlier state, as after a fail-over, gets what is missing again', async () => {
  const notices = memoryNotices();
  const labels = noticeLabels(notices, systemClock);
  const one = writerOf(labels, 'one');
  await one.write(label('1'));
  const earlier = new Map(notices.texts);
  await one.write(label('2'));
  await writerOf(labels, 'other').write(label('of a process that is gone'));
  for (const [name, text] of earlier) notices.texts.set(name, text);
  // A newcomer has counted on the earlier state before the first one comes.
  const newcomer = writerOf(labels, 'newcomer');
  await newcomer.write(label('3'), label('4'));
  one.forget();
  expect(countOf(await one.update())).toBe(4);
  expect(countOf(await newcomer.update())).toBe(4);
});

it('a record that knows of a drift is ahead of one with more labels', async () => {
  const notices = memoryNotices();
  const labels = noticeLabels(notices, systemClock);
  const one = writerOf(labels, 'one');
  await one.write(...Array.from({ length: 8 }, (_, n) => label(`wrong ${n}`, true)));
  const after = await one.update();
  expect(after.threshold.epoch).toBe(2);
  notices.texts.clear();
  const newcomer = writerOf(labels, 'newcomer');
  await newcomer.write(...Array.from({ length: 30 }, (_, n) => label(`right ${n}`)));
  expect((await one.update()).threshold.epoch).toBe(2);
  expect((await newcomer.update()).threshold).toMatchObject({ epoch: 2 });
});

it('however many pools there are, the notices stay few and within 64 KiB', async () => {
  const notices = memoryNotices();
  const labels = noticeLabels(notices, systemClock);
  const many = Array.from({ length: 60 }, (_, n) => label(`some-id-${n}`));
  for (let pool = 0; pool < 3_000; pool++) await writerOf(labels, 'one', `pool ${pool}`).write(...many);
  expect(notices.texts.size).toBeLessThanOrEqual(256);
  for (const text of notices.texts.values()) expect(Buffer.byteLength(text)).toBeLessThan(65_536);
  expect((await writerOf(labels, 'other', 'pool 2999').update()).ids).toHaveLength(60);
});

it('labels that cannot be read, of another release or another grid, begin anew', async () => {
  const notices = memoryNotices();
  const labels = noticeLabels(notices, systemClock);
  await writerOf(labels, 'one').write(label('1'));
  const wider = { ...rules, cells: 41 };
  expect((await labels.update('a', { writer: 'w', batches: [] }, wider)).record.ids).toEqual([]);
  for (const name of notices.texts.keys()) notices.texts.set(name, '{"not": "labels"}');
  expect((await writerOf(labels, 'other').update()).ids).toEqual([]);
});
