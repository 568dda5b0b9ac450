/** Erasing the rows of entries that are gone from the store: they are gone when an erasure answers, or it fails. */
import { expect, it } from 'vitest';
import { vectorTable } from '../packages/askonce/src/semantic/pgvector/tables.ts';
import { at, eventually, pgvectorSetUp } from './support/pgvector-set-up.ts';
import { freshDatabase, type PostgresDatabase, startPostgres } from './support/postgres-server.ts';
import { describeWithService } from './support/service-suites.ts';
import { findStandIn, makeStandIn } from './support/stand-in-vectors.ts';

async function setUp(database: PostgresDatabase) {
  await makeStandIn(database);
  const made = pgvectorSetUp({ url: database.url, findKind: findStandIn });
  const keys = async (embedder = 'words') =>
    (await database.query(`SELECT key FROM ${vectorTable('public', embedder).quoted} ORDER BY key`)).map(
      ({ key }) => key,
    );
  return { ...made, keys };
}

describeWithService('postgres', 'an erasure of vectors in PostgreSQL', () => {
  it('reaches the rows of all embedders and stores, whether or not an index is open', async () => {
    const { open, erase, keys } = await setUp(await freshDatabase());
    const [one, other] = [open(), open({ embedder: 'other' })];
    one.put('a', { vector: at(10) });
    one.put('b', { vector: at(10) });
    other.put('c', { vector: at(10), embedder: 'other' });
    await Promise.all([one.indexes.built(), other.indexes.built()]);
    await Promise.all([one.indexes.close(), other.indexes.close()]);
    await erase(['a', 'c', 'not there']);
    expect([await keys(), await keys('other')]).toEqual([['b'], []]);
  });

  it('has nothing to do in a database without tables', async () => {
    const { url, query } = await freshDatabase();
    const { erase } = pgvectorSetUp({ url });
    await erase(['a']);
    expect(await query(`SELECT relname FROM pg_class WHERE relname LIKE 'semantic%'`)).toEqual([]);
  });

  it('waits for a row that is being written, and removes it', async () => {
    const { open, erase, keys, entries, beforeReading } = await setUp(await freshDatabase());
    const writing = open();
    await writing.indexes.built();
    const isLocked = Promise.withResolvers<void>();
    const goesOn = Promise.withResolvers<void>();
    let reads = 0;
    beforeReading(async () => {
      reads += 1;
      // The second reading is that before the commit; the entry is still there for it.
      if (reads !== 2) return;
      isLocked.resolve();
      await goesOn.promise;
    });
    writing.put('a', { vector: at(10) });
    await isLocked.promise;
    const erased = erase(['a']);
    let isErased = false;
    void erased.then(() => {
      isErased = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isErased).toBe(false);
    goesOn.resolve();
    await erased;
    expect(await keys()).toEqual([]);
    // The entry is gone from the store in an erasure: nothing brings its row back.
    entries.delete('a');
    writing.indexes.remove(['a']);
    await writing.indexes.built();
    expect(await keys()).toEqual([]);
  });

  it('an entry that is erased while its row is written leaves none', async () => {
    const { open, erase, keys, entries, beforeReading } = await setUp(await freshDatabase());
    const { indexes, put } = open();
    await indexes.built();
    let reads = 0;
    beforeReading(() => {
      reads += 1;
      // Between the reading and the commit.
      if (reads === 2) entries.delete('a');
    });
    put('a', { vector: at(10) });
    put('b', { vector: at(20) });
    await indexes.built();
    expect(await keys()).toEqual(['b']);
    await erase(['a']);
    expect(await keys()).toEqual(['b']);
  });

  it('fails while the server is down, and reaches what it missed once it is back', async () => {
    const server = await startPostgres();
    const { open, erase, keys } = await setUp(server);
    const { indexes, put } = open();
    put('a', { vector: at(10) });
    put('b', { vector: at(20) });
    await indexes.built();
    await server.kill();
    await expect(erase(['a'])).rejects.toMatchObject({
      code: 'invalidation_failed',
      message: expect.stringContaining('Try again'),
    });
    await server.restart();
    // The store names no entry any more: what failed before is remembered.
    await eventually(() =>
      erase([]).then(
        () => true,
        () => false,
      ),
    );
    expect(await keys()).toEqual(['b']);
  });
});
