/** Cases on the invalidation log, and on the feed, which is a log of its own. */
import type { LogReading, LogRow, LogStore } from '../../store/shared.ts';
import { maxFeedRows, maxLogRows } from '../../store/shared.ts';
import type { StoreCase } from '../store-case.ts';
import { capable, eventually, onTwoHandles } from './capable.ts';

const year = 31_536_000_000;

type NewRow = Pick<LogRow, 'id' | 'what'>;

function newRows(name: string, count: number): readonly NewRow[] {
  return Array.from({ length: count }, (_none, index) => ({
    id: `${name}${index}`,
    what: `{"keys":["${name}${index}"]}`,
  }));
}

/** All rows from number `from` on, and the first reading. */
async function readAll(log: LogStore, from: number): Promise<{ first: LogReading; rows: LogRow[] }> {
  const first = await log.read(from);
  const rows = [...first.rows];
  for (let page = first; page.rows.length > 0; ) {
    page = await log.read((rows.at(-1)?.number ?? 0) + 1);
    rows.push(...page.rows);
  }
  return { first, rows };
}

const numbers = (rows: readonly LogRow[]) => rows.map(({ number }) => number);
const ids = (rows: readonly NewRow[]) => rows.map(({ id }) => id);
const ascend = (values: readonly number[]) =>
  values.every((value, index) => Number.isSafeInteger(value) && value > (values[index - 1] ?? 0));

/** A log of a store, and the most rows that it holds. */
interface LogUnderTest {
  readonly capability: 'log' | 'feed';
  readonly mostRows: number;
}

export const log: readonly StoreCase[] = [
  ...casesOf({ capability: 'log', mostRows: maxLogRows }),
  ...casesOf({ capability: 'feed', mostRows: maxFeedRows }).map((each) => ({
    ...each,
    title: `the feed: ${each.title}`,
  })),
  {
    title: 'holds the feed apart from the invalidation log',
    capability: 'feed',
    async run({ store, expect }) {
      const [feed, log] = [capable(store, 'feed'), capable(store, 'log')];
      await log.append(newRows('l', 3), 0);
      await feed.append(newRows('f', 1), 0);
      expect(ids((await feed.read(1)).rows)).toEqual(['f0']);
      expect(ids((await log.read(1)).rows)).toEqual(['l0', 'l1', 'l2']);
    },
  },
];
function casesOf({ capability, mostRows }: LogUnderTest): readonly StoreCase[] {
  return [
    {
      title: 'gives the log a name that every handle reads, even before the first append',
      capability,
      async run(context) {
        const { expect } = context;
        const [one, other] = await onTwoHandles(context, capability);
        const readings = await Promise.all([one.read(1), other.read(1), one.read(1)]);
        const generation = readings[0].generation;
        expect(generation.length > 0).toBe(true);
        for (const reading of readings) expect(reading).toEqual({ generation, last: 0, floor: 1, rows: [] });
        expect((await other.append(newRows('r', 1), 0)).generation).toBe(generation);
        expect((await one.read(1)).generation).toBe(generation);
      },
    },
    {
      title: 'numbers rows in ascending order, and returns those from any number on',
      capability,
      async run(context) {
        const { expect } = context;
        const [one, other] = await onTwoHandles(context, capability);
        const first = await one.append(newRows('a', 2), 0);
        const second = await other.append(newRows('b', 1), 0);
        expect(ids(first.rows)).toEqual(['a0', 'a1']);
        expect(ids(second.rows)).toEqual(['b0']);
        const rows = [...first.rows, ...second.rows];
        expect(ascend(numbers(rows))).toBe(true);
        expect(first.last).toBe(first.rows[1]?.number);
        expect(second.last).toBe(second.rows[0]?.number);
        expect(second.floor).toBe(1);
        for (const handle of [one, other]) {
          expect(await handle.read(1)).toEqual({ ...second, rows });
          expect((await handle.read(rows[1]?.number ?? 0)).rows).toEqual(rows.slice(1));
          expect(await handle.read(second.last + 1)).toEqual({ ...second, rows: [] });
        }
      },
    },
    {
      title: 'never assigns a number twice, even if two handles append at once',
      capability,
      async run(context) {
        const { expect } = context;
        const [one, other] = await onTwoHandles(context, capability);
        const appended = await Promise.all(
          Array.from({ length: 60 }, (_none, index) =>
            (index % 2 === 0 ? one : other).append(newRows(`r${index}-`, 1 + (index % 3)), 0),
          ),
        );
        const rows = appended.flatMap((reading) => reading.rows);
        expect(rows.length).toBe(120);
        expect(new Set(numbers(rows)).size).toBe(120);
        for (const reading of appended) expect(ascend(numbers(reading.rows))).toBe(true);
        const inOrder = rows.toSorted((a, b) => a.number - b.number);
        for (const handle of [one, other]) expect((await readAll(handle, 1)).rows).toEqual(inOrder);
      },
    },
    {
      title: 'numbers rows above the number that the caller has seen elsewhere',
      capability,
      async run({ store, expect }) {
        const service = capable(store, capability);
        await service.append(newRows('early', 1), 0);
        const leapt = await service.append(newRows('leapt', 2), 5_000);
        expect(leapt.rows.every(({ number }) => number > 5_000)).toBe(true);
        const next = await service.append(newRows('next', 1), 12);
        expect((next.rows[0]?.number ?? 0) > leapt.last).toBe(true);
        expect(next.last).toBe(next.rows[0]?.number);
        expect(ids((await service.read(2)).rows)).toEqual(['leapt0', 'leapt1', 'next0']);
        expect((await service.read(1)).floor).toBe(1);
      },
    },
    {
      title: 'returns at most 1 000 rows at a time, and all of them to a caller that reads on',
      capability,
      async run({ store, expect }) {
        const service = capable(store, capability);
        const written = newRows('r', 2_300);
        const appended = await service.append(written, 0);
        expect(ids(appended.rows)).toEqual(ids(written));
        const { first, rows } = await readAll(service, 1);
        expect(first.rows.length > 0 && first.rows.length <= 1_000).toBe(true);
        expect(first.last).toBe(appended.last);
        expect(rows.map(({ id, what }) => ({ id, what }))).toEqual(written);
      },
    },
    {
      title: 'drops the oldest rows beyond its bound, and reports the first number that it still has',
      capability,
      async run({ store, expect }) {
        const service = capable(store, capability);
        const batch = Math.min(8_192, mostRows / 2);
        await service.append(newRows('oldest', 1), 0);
        for (let count = 0; count < mostRows; count += batch) await service.append(newRows('r', batch), 0);
        const { first, rows } = await readAll(service, 1);
        expect(rows.length > 0 && rows.length <= mostRows).toBe(true);
        expect(first.floor > 1).toBe(true);
        expect((rows[0]?.number ?? 0) >= first.floor).toBe(true);
        expect(rows.some(({ id }) => id === 'oldest0')).toBe(false);
        expect(ascend(numbers(rows))).toBe(true);
        expect(rows.at(-1)?.number).toBe(first.last);
        expect(rows.length >= mostRows / 2).toBe(true);
      },
    },
    {
      title: 'calls listeners after an append, until they unsubscribe',
      capability,
      async run({ store, clock, expect }) {
        const service = capable(store, capability);
        const heard = { left: 0, stayed: 0 };
        const leave = service.onAppended(() => {
          heard.left += 1;
        });
        const leaveLast = service.onAppended(() => {
          heard.stayed += 1;
        });
        await service.append(newRows('a', 1), 0);
        await eventually(clock, () => (heard.left > 0 && heard.stayed > 0 ? true : undefined));
        leave();
        leave();
        const before = { ...heard };
        await eventually(clock, async () => {
          await service.append(newRows('b', 1), 0);
          return heard.stayed > before.stayed + 1 ? true : undefined;
        });
        expect(heard.left).toBe(before.left);
        leaveLast();
      },
    },
    {
      title: 'preserves the log for any length of time, whatever happens to entries',
      capability,
      async run(context) {
        const { clock, store, expect } = context;
        const [one, other] = await onTwoHandles(context, capability);
        const appended = await one.append(newRows('a', 2), 0);
        const key = context.keyOf('entry');
        expect(await store.delete(key)).toBe(false);
        clock.advance(10 * year);
        await store.flush();
        expect(await other.read(1)).toEqual(appended);
      },
    },
  ];
}
