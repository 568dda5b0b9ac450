/** Several processes of one store that use one database. */

import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createCache, memoryStore } from '../packages/askonce/src/index.ts';
import { indexTables, vectorTable } from '../packages/askonce/src/semantic/pgvector/tables.ts';
import { newTable } from '../packages/askonce/src/semantic/pgvector/vector-rows.ts';
import { at, eventually, pgvectorSetUp } from './support/pgvector-set-up.ts';
import { freshDatabase } from './support/postgres-server.ts';
import { wordEmbedder } from './support/semantic-set-up.ts';
import { describeWithService } from './support/service-suites.ts';
import { findStandIn, makeStandIn } from './support/stand-in-vectors.ts';

describeWithService('postgres', 'processes that share an index', () => {
  it('make schema, tables and extension at once without harm', async () => {
    const database = await freshDatabase();
    await makeStandIn(database);
    const url = `${database.url}?schema=vectors`;
    const { open } = pgvectorSetUp({ url, findKind: findStandIn });
    const processes = Array.from({ length: 8 }, (_, index) =>
      open({ embedder: index % 2 === 0 ? 'words' : 'other' }),
    );
    processes.forEach(({ put }, index) => {
      put(`k${index}`, { vector: at(index), embedder: index % 2 === 0 ? 'words' : 'other' });
    });
    await Promise.all(processes.map(({ indexes }) => indexes.built()));
    expect(processes.flatMap(({ troubles }) => troubles)).toEqual([]);
    expect(await processes[0]?.found(0)).toEqual(['k0', 'k2', 'k4', 'k6']);
    expect(await processes[1]?.found(0)).toEqual(['k1', 'k3', 'k5', 'k7']);
    expect(await database.query('SELECT version FROM vectors.semantic_schema')).toEqual([{ version: 1 }]);
    expect(await database.query('SELECT fingerprint FROM vectors.semantic_embedder ORDER BY 1')).toEqual([
      { fingerprint: 'other' },
      { fingerprint: 'words' },
    ]);
  });

  it('read the store one at a time, and skip what is there', async () => {
    const database = await freshDatabase();
    await makeStandIn(database);
    const { open, putUnseen, walks } = pgvectorSetUp({ url: database.url, findKind: findStandIn });
    for (let number = 0; number < 1_500; number++) putUnseen(`k${number}`, { vector: at(number % 90) });
    const processes = Array.from({ length: 4 }, () => open());
    await Promise.all(processes.map(({ indexes }) => indexes.built()));
    // All of them want a reading that began after they did: the second may serve those that came late.
    expect(walks.most()).toBe(1);
    expect(walks.count()).toBeLessThanOrEqual(2);
    const written = `SELECT xmin::text FROM ${vectorTable('public', 'words').quoted} ORDER BY key`;
    const before = await database.query(written);
    expect(before).toHaveLength(1_500);
    processes[0]?.indexes.readAnew();
    await processes[0]?.indexes.built();
    expect(walks.count()).toBeGreaterThanOrEqual(2);
    expect(await database.query(written)).toEqual(before);
  });

  it('one that ends while it reads the store leaves that to another', async () => {
    const database = await freshDatabase();
    await makeStandIn(database);
    const { open, putUnseen } = pgvectorSetUp({ url: database.url, findKind: findStandIn });
    for (let number = 0; number < 25_000; number++) putUnseen(`k${number}`, { vector: at(number % 90) });
    const first = open();
    await eventually(() => first.indexes.progress().walked > 0);
    await first.indexes.close();
    const second = open();
    await second.indexes.built();
    expect(second.indexes.progress().walked).toBe(25_000);
  });

  it('prune what has expired, of all embedders and stores, beside the vectors of the moment', async () => {
    const database = await freshDatabase();
    await makeStandIn(database);
    const { open } = pgvectorSetUp({ url: database.url, findKind: findStandIn });
    const first = open({ embedder: 'other' });
    await first.indexes.built();
    await first.indexes.close();
    const other = vectorTable('public', 'other').quoted;
    await database.query(`INSERT INTO ${other}
      SELECT 'x' || n, 'a lost store', 1, 'p', 'f', 'en', CASE WHEN n > 12000 THEN 9e15 ELSE 1 END, '[1]'
      FROM generate_series(1, 12010) AS n`);
    const { put, found } = open();
    put('a', { vector: at(10) });
    await eventually(async () => (await found(0)).length === 1);
    await eventually(async () => {
      const [left] = await database.query(`SELECT count(*)::int AS rows FROM ${other}`);
      return left?.['rows'] === 10;
    });
    expect(await found(0)).toEqual(['a']);
  });

  it('drop the table of an embedder that none has used for 30 days, once it is empty', async () => {
    const database = await freshDatabase();
    await makeStandIn(database);
    const { open } = pgvectorSetUp({ url: database.url, findKind: findStandIn });
    const openOnce = async (embedder: string) => {
      const { indexes } = open({ embedder });
      await indexes.built();
      await indexes.close();
    };
    for (const embedder of ['empty', 'full']) await openOnce(embedder);
    await database.query('UPDATE semantic_embedder SET used_at = 1');
    await database.query(`INSERT INTO ${vectorTable('public', 'full').quoted}
      VALUES ('k', 'another store', 1, 'p', 'f', 'en', 9e15, '[1]')`);
    open();
    const known = async () =>
      (await database.query('SELECT fingerprint FROM semantic_embedder ORDER BY 1')).map(
        ({ fingerprint }) => fingerprint,
      );
    await eventually(async () => (await known()).length === 2);
    await eventually(async () => !(await known()).includes('empty'));
    expect(await known()).toEqual(['full', 'words']);
  });

  it('refuse tables of a newer release, and say so', async () => {
    const database = await freshDatabase();
    await makeStandIn(database);
    const { open } = pgvectorSetUp({ url: database.url, findKind: findStandIn });
    const first = open();
    await first.indexes.built();
    await first.indexes.close();
    await database.query('INSERT INTO semantic_schema (version) VALUES (1000)');
    const { indexes, troubles } = open();
    await eventually(() => troubles.length > 0);
    expect(indexes.progress().trouble).toMatch(
      /The semantic index's tables are of version 1000, made by a newer askonce/,
    );
  });
});

it('a cache whose entries are encrypted refuses an index in the clear', () => {
  const { opener } = pgvectorSetUp({ url: 'postgresql://127.0.0.1/cache' });
  const key = `main:${'ab'.repeat(32)}`;
  const making = (encryptionKeys: string[]) => () =>
    createCache({
      store: memoryStore(),
      settings: { encryptionKeys },
      semantic: { embedder: wordEmbedder(), index: opener },
    });
  expect(making([key])).toThrow(/^encryptionKeys: this vector index has vectors in the clear/);
});

it('the tables of a released version never change', async () => {
  const { migrations } = indexTables('public');
  expect(migrations.map((each) => hash('sha256', each, 'hex').slice(0, 16))).toEqual(['a412403aa6f03819']);
  // The table of an embedder is made by no migration: a change of it needs one that changes those that are there.
  const table = newTable(vectorTable('public', 'words'), await findStandIn(), 3);
  expect(hash('sha256', table, 'hex').slice(0, 16)).toBe('6184f1ce85340826');
});
