/** Indexes in PostgreSQL, on a real pgvector. */
import { expect, it } from 'vitest';
import { startPglite } from '../../../../../test/support/pglite.ts';
import { at, eventually, pgvectorSetUp, place } from '../../../../../test/support/pgvector-set-up.ts';
import { vectorStore } from '../../../../../test/support/vector-store.ts';
import { sampleVectors } from '../../testing/sample-vectors.ts';
import type { SharedIndexesOptions } from './shared-indexes.ts';
import { vectorTable } from './tables.ts';

const pglite = await startPglite();
let schemas = 0;

function setUp(options: Partial<SharedIndexesOptions> = {}) {
  schemas += 1;
  const schema = `s${schemas}`;
  const table = vectorTable(schema, 'words').quoted;
  const made = pgvectorSetUp({ url: pglite.url(schema), poolSize: 1, ...options });
  const keys = async (of = table) =>
    (await pglite.query(`SELECT key FROM ${of} ORDER BY key, store`)).map(({ key }) => key);
  return { ...made, schema, table, keys };
}

it('finds what was stored, nearest first, in its place only', async () => {
  const { open } = setUp();
  const { indexes, put, found } = open();
  put('near', { vector: at(10) });
  put('far', { vector: at(80) });
  put('elsewhere', { vector: at(0), partition: 'two' });
  put('framed', { vector: at(0), frame: 'another' });
  put('german', { vector: at(0), language: 'de' });
  await indexes.built();
  expect(await found(0)).toEqual(['near', 'far']);
  expect(await found(0, 1)).toEqual(['near']);
  expect(await found(0, 0)).toEqual([]);
  const within = async (searched: Parameters<typeof indexes.nearest>[0]) =>
    (await indexes.nearest(searched, at(0), 5)).map(({ id }) => id);
  expect(await within({ partition: 'one', frame: 'frame' })).toEqual(['german', 'near', 'far']);
  expect(await within({ partition: 'one' })).toEqual(['framed', 'german', 'near', 'far']);
  expect(await within({ partition: 'three' })).toEqual([]);
  const [nearest] = await indexes.nearest(place, at(0), 1);
  expect(nearest?.similarity).toBeCloseTo(Math.cos(Math.PI / 18), 3);
  expect(indexes.progress()).toMatchObject({ building: false, trouble: undefined });
});

it('values from outside are values, whatever they contain', async () => {
  const { open } = setUp();
  const { indexes, put } = open();
  const odd = { partition: `o'ne`, frame: `"; DROP`, language: `$1\\` } as const;
  put(`k'"$2`, { vector: at(5), ...odd });
  await indexes.built();
  expect((await indexes.nearest(odd, at(0), 5)).map(({ id }) => id)).toEqual([`k'"$2`]);
});

it('what one process stores or removes, another finds or does not', async () => {
  const { open, keys } = setUp();
  const [one, other] = [open(), open()];
  one.put('a', { vector: at(10) });
  other.put('b', { vector: at(20) });
  await Promise.all([one.indexes.built(), other.indexes.built()]);
  expect(await one.found(0)).toEqual(['a', 'b']);
  expect(await other.found(0)).toEqual(['a', 'b']);
  other.remove('a');
  await eventually(async () => (await keys()).length === 1);
  expect(await one.found(0)).toEqual(['b']);
});

it('a newer entry replaces the vector of an older one, and an older one does not come back', async () => {
  const { open, entries } = setUp();
  const { indexes, put, found, hooks } = open();
  put('a', { vector: at(10), lease: 5 });
  put('b', { vector: at(20) });
  await indexes.built();
  const old = entries.get('a');
  put('a', { vector: at(60), lease: 7 });
  await indexes.built();
  expect(await found(0)).toEqual(['b', 'a']);
  // A store that is behind says once more what was there before.
  if (old !== undefined) entries.set('a', old);
  indexes.remove(['a']);
  await indexes.built();
  expect(await found(0)).toEqual(['b', 'a']);
  hooks.removed(['b'], 'replaced');
  await indexes.built();
  expect(await found(0)).toEqual(['b', 'a']);
});

it('a candidate that turned out to be gone is removed, and one that is there after all stays', async () => {
  const { open, entries, keys } = setUp();
  const { indexes, put, found } = open();
  put('a', { vector: at(10) });
  put('b', { vector: at(20) });
  await indexes.built();
  entries.delete('a');
  indexes.remove(['a', 'b']);
  await indexes.built();
  expect(await found(0)).toEqual(['b']);
  expect(await keys()).toEqual(['b']);
});

it('vectors of two embedders are never compared, whatever their dimensions', async () => {
  const { open, schema, keys, putUnseen } = setUp();
  const one = open();
  const other = open({ embedder: 'other' });
  const wide = open({ embedder: 'wide', dimension: 4 });
  one.put('a', { vector: at(10) });
  other.put('b', { vector: at(10), embedder: 'other' });
  putUnseen('c', { vector: new Float32Array(4).fill(0.5), embedder: 'wide' });
  wide.indexes.readAnew();
  for (const { indexes } of [one, other, wide]) await indexes.built();
  expect(await one.found(0)).toEqual(['a']);
  expect(await other.found(0)).toEqual(['b']);
  expect(await wide.found(0)).toEqual([]);
  expect((await wide.indexes.nearest(place, new Float32Array(4).fill(0.5), 5)).map(({ id }) => id)).toEqual([
    'c',
  ]);
  // An entry whose vector another embedder has made by now is none of the first one's.
  one.put('a', { vector: at(10), embedder: 'other' });
  one.indexes.readAnew();
  await one.indexes.built();
  expect(await keys()).toEqual([]);
  expect(await keys(vectorTable(schema, 'wide').quoted)).toEqual(['c']);
});

it('entries of another store are not found, though their keys may be the same', async () => {
  const { open, keys } = setUp();
  const [one, other] = [open(), open({ store: vectorStore('another store') })];
  one.put('a', { vector: at(10) });
  other.put('a', { vector: at(70) });
  other.put('b', { vector: at(20) });
  await Promise.all([one.indexes.built(), other.indexes.built()]);
  expect(await one.found(0)).toEqual(['a']);
  expect(await other.found(0)).toEqual(['b', 'a']);
  one.remove('a');
  await eventually(async () => (await keys()).length === 2);
  expect(await other.found(0)).toEqual(['b', 'a']);
});

it('an empty table is filled from the store, and rows without an entry go', async () => {
  const { open, putUnseen, entries, table, keys } = setUp();
  for (let number = 0; number < 300; number++) putUnseen(`k${number}`, { vector: at(number % 90) });
  putUnseen('other', { vector: at(0), embedder: 'other' });
  putUnseen('expired', { vector: at(0), expires: 1 });
  const first = open();
  await first.indexes.built();
  expect(await keys()).toHaveLength(300);
  expect(first.indexes.progress()).toMatchObject({ walked: 302, of: 302, skipped: 1 });
  await first.indexes.close();
  await pglite.query(`DELETE FROM ${table} WHERE key <> 'k7'`);
  entries.delete('k7');
  const second = open();
  await second.indexes.built();
  expect(await keys()).toHaveLength(299);
  expect(await second.found(0)).not.toContain('k7');
});

it('a table that is dropped is made again, and filled', async () => {
  const { open, schema, keys } = setUp();
  const { indexes, put, troubles } = open();
  put('a', { vector: at(10) });
  await indexes.built();
  await pglite.query(`DROP SCHEMA ${schema} CASCADE`);
  put('b', { vector: at(20) });
  await eventually(() => troubles.length > 0);
  await eventually(async () => (await keys().catch(() => [])).length === 2);
  expect(troubles[0]).toMatch(/^vectors in PostgreSQL are behind: .*does not exist/);
  await eventually(() => indexes.progress().trouble === undefined);
});

it('what has expired is not found, and is pruned', async () => {
  const { open, table, keys } = setUp();
  const { indexes, put, found } = open();
  put('a', { vector: at(10) });
  put('b', { vector: at(20) });
  await indexes.built();
  await pglite.query(`UPDATE ${table} SET expires = 1 WHERE key = 'a'`);
  expect(await found(0)).toEqual(['b']);
  await pglite.query(`INSERT INTO ${table} SELECT 'x' || n, 'lost', 1, 'p', 'f', 'en', 1, embedding
    FROM ${table}, generate_series(1, 2500) AS n WHERE key = 'a'`);
  await indexes.close();
  open();
  await eventually(async () => (await keys()).length < 3);
  expect(await keys()).toEqual(expect.arrayContaining(['b']));
});

it.each([
  ['compares all vectors of a small place', 4_000],
  ['finds 95 % of the nearest of a large place by the index', 100],
])('%s', async (_title, mostScanned) => {
  const { open, putUnseen, schema } = setUp({ mostScanned });
  const dimension = 32;
  const near = sampleVectors({ dimension, clusters: 40 });
  const vectors = Array.from({ length: 1_500 }, () => near.next().value ?? new Float32Array());
  // A third of the table is in the place that is searched.
  for (const [number, vector] of vectors.entries())
    putUnseen(`k${number}`, { vector, partition: number % 3 === 0 ? 'one' : 'two' });
  const { indexes } = open({ dimension });
  await indexes.built();
  const cosine = (one: Float32Array, other: Float32Array) =>
    one.reduce((sum, component, index) => sum + component * (other[index] ?? 0), 0);
  let found = 0;
  const questions = Array.from({ length: 20 }, () => near.next().value ?? new Float32Array());
  for (const question of questions) {
    const right = vectors
      .map((vector, number) => ({ id: `k${number}`, similarity: cosine(vector, question) }))
      .filter((_one, number) => number % 3 === 0)
      .sort((one, other) => other.similarity - one.similarity);
    const least = (right[4]?.similarity ?? 1) - 0.004;
    const neighbours = await indexes.nearest(place, question, 5);
    const similarities = neighbours.map(({ similarity }) => similarity);
    expect(similarities).toEqual(similarities.toSorted((one, other) => other - one));
    for (const { id, similarity } of neighbours)
      expect(similarity).toBeCloseTo(right.find((one) => one.id === id)?.similarity ?? 2, 2);
    found += similarities.filter((similarity) => similarity >= least).length;
  }
  expect(found / 100).toBeGreaterThanOrEqual(mostScanned > 1_500 ? 1 : 0.95);
  const index = `${vectorTable(schema, 'words').plain}_by_nearness`;
  await pglite.query('SELECT pg_stat_force_next_flush()');
  const [plan] = await pglite.query(
    `SELECT idx_scan > 0 AS is_used FROM pg_stat_user_indexes WHERE indexrelname = '${index}' AND schemaname = '${schema}'`,
  );
  expect(plan).toEqual({ is_used: mostScanned < 1_500 });
});

it('an embedder that states no dimension has its table once a question has one', async () => {
  const { open, putUnseen } = setUp();
  putUnseen('a', { vector: at(10) });
  const { indexes, found } = open({ dimension: 0 });
  expect(await found(0)).toEqual([]);
  await indexes.built();
  expect(await found(0)).toEqual(['a']);
});
