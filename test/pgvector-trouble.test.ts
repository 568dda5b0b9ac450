/** What a lookup costs, and what is said, while PostgreSQL or its extension is in trouble. */
import { expect, it } from 'vitest';
import { vectorTable } from '../packages/askonce/src/semantic/pgvector/tables.ts';
import { at, eventually, pgvectorSetUp, place } from './support/pgvector-set-up.ts';
import { freshDatabase, startPostgres, throughPgbouncer } from './support/postgres-server.ts';
import { describeWithService } from './support/service-suites.ts';
import { findStandIn, makeStandIn } from './support/stand-in-vectors.ts';

const table = vectorTable('public', 'words').quoted;

describeWithService('postgres', 'an index in PostgreSQL in trouble', () => {
  it('says what to install where the server has no pgvector', async () => {
    const { url, query } = await freshDatabase();
    const { open } = pgvectorSetUp({ url });
    const { indexes, troubles, found } = open();
    await eventually(() => indexes.progress().trouble !== undefined);
    expect(troubles).toEqual([
      expect.stringMatching(/The server has no pgvector\. Install it there .*postgresql-\d+-pgvector/),
    ]);
    expect(indexes.progress()).toMatchObject({ building: true, trouble: troubles[0] });
    expect(await found(0)).toEqual([]);
    // What needs no extension is there.
    expect(await query('SELECT version FROM semantic_schema')).toEqual([{ version: 1 }]);
  });

  it('a URL that cannot be read is refused at once, and never repeated', () => {
    const opening = () => pgvectorSetUp({ url: 'postgresql://ann:s3cret@db:99999/cache' });
    expect(opening).toThrow(/PostgreSQL: the URL cannot be read/);
    expect(opening).not.toThrow(/s3cret/);
  });

  it('a server that is down when the process starts is used once it is there, and nothing is lost', async () => {
    const server = await startPostgres();
    await makeStandIn(server);
    await server.kill();
    const { open } = pgvectorSetUp({ url: server.url, findKind: findStandIn });
    const { indexes, put, troubles, found } = open();
    put('a', { vector: at(10) });
    await eventually(() => troubles.length > 0);
    expect(troubles).toEqual([
      expect.stringMatching(/^vectors in PostgreSQL are behind: .*Check that the server/),
    ]);
    expect(await found(0)).toEqual([]);
    await server.restart();
    await indexes.built();
    expect(await found(0)).toEqual(['a']);
    expect(indexes.progress().trouble).toBe(undefined);
    await server.kill();
    put('b', { vector: at(20) });
    await eventually(() => indexes.progress().trouble !== undefined);
    await server.restart();
    await indexes.built();
    await eventually(async () => (await found(0)).length === 2);
  });

  it('a server that does not answer costs a lookup its budget, then nothing, until it answers again', async () => {
    const server = await startPostgres();
    await makeStandIn(server);
    const { open } = pgvectorSetUp({
      url: server.url,
      findKind: findStandIn,
      budgetMs: 500,
      timeoutMs: 2_000,
    });
    const { indexes, put, troubles, found } = open();
    put('a', { vector: at(10) });
    await indexes.built();
    await eventually(async () => (await found(0)).length === 1);
    server.pause();
    for (let search = 0; search < 3; search++) expect(await found(0)).toEqual([]);
    expect(troubles).toEqual([
      'the index in PostgreSQL is not asked for some seconds: PostgreSQL took more than 500 ms for a search',
    ]);
    expect(indexes.progress().trouble).toBe('PostgreSQL took more than 500 ms for a search');
    // The connections are all waiting: an answer now is one that asked for nothing.
    expect(await Promise.all(Array.from({ length: 100 }, () => found(0)))).toEqual(
      Array.from({ length: 100 }, () => []),
    );
    server.resume();
    await eventually(async () => (await found(0)).length === 1);
    await eventually(() => indexes.progress().trouble === undefined);
  });

  it('no more searches wait than the connections can answer', async () => {
    const server = await startPostgres();
    await makeStandIn(server);
    const { open } = pgvectorSetUp({ url: server.url, findKind: findStandIn, poolSize: 2 });
    const { indexes, put, found } = open();
    put('a', { vector: at(10) });
    await indexes.built();
    const answers = await Promise.all(Array.from({ length: 100 }, () => found(0)));
    expect(answers.filter(({ length }) => length === 1)).toHaveLength(16);
    expect(await found(0)).toEqual(['a']);
  });

  it('connections that break off are replaced', async () => {
    const database = await freshDatabase();
    await makeStandIn(database);
    const { open } = pgvectorSetUp({ url: database.url, findKind: findStandIn });
    const { indexes, put, found } = open();
    await indexes.built();
    for (let round = 0; round < 5; round++) {
      put(`k${round}`, { vector: at(round) });
      await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      await found(0);
    }
    await indexes.built();
    await eventually(async () => (await found(0)).length === 5);
    await eventually(() => indexes.progress().trouble === undefined);
    expect(await found(4, 1)).toEqual(['k4']);
  });

  it('a role that may make no tables uses those that are there, and without them the trouble says what it lacks', async () => {
    const database = await freshDatabase();
    await makeStandIn(database);
    await database.query(`CREATE ROLE reader_${process.pid} LOGIN`);
    const url = database.url.replace(/\/\/[^@]*@/, `//reader_${process.pid}@`);
    const { open, opener: _opener, ...rest } = pgvectorSetUp({ url, findKind: findStandIn });
    const refused = open();
    await eventually(() => refused.troubles.length > 0);
    expect(refused.troubles[0]).toMatch(/permission denied for schema public .*Grant the role/);
    await refused.indexes.close();
    const owner = pgvectorSetUp({ url: database.url, findKind: findStandIn });
    const made = owner.open({ store: rest });
    await made.indexes.built();
    for (const name of ['semantic_schema', 'semantic_embedder', 'semantic_task', table])
      await database.query(`GRANT ALL ON ${name} TO reader_${process.pid}`);
    const allowed = open();
    allowed.put('a', { vector: at(10) });
    await allowed.indexes.built();
    expect(await allowed.found(0)).toEqual(['a']);
    expect((await made.indexes.nearest(place, at(0), 5)).map(({ id }) => id)).toEqual(['a']);
    await database.query(`DROP OWNED BY reader_${process.pid}`);
    await database.query(`DROP ROLE reader_${process.pid}`);
  });
});

describeWithService('pgbouncer', 'an index behind PgBouncer', () => {
  it('several processes write, search and read anew over fewer connections than they have', async () => {
    const database = await freshDatabase();
    await makeStandIn(database);
    const { url } = await throughPgbouncer(database, 2);
    const { open, putUnseen, entries } = pgvectorSetUp({ url, findKind: findStandIn });
    for (let number = 0; number < 500; number++) putUnseen(`u${number}`, { vector: at(80) });
    const processes = [open(), open(), open()];
    for (let number = 0; number < 30; number++) {
      for (const [index, { put, found }] of processes.entries()) {
        put(`p${index} ${number}`, { vector: at(number) });
        await found(0);
      }
    }
    await Promise.all(processes.map(({ indexes }) => indexes.built()));
    expect(await database.query(`SELECT count(*)::int AS rows FROM ${table}`)).toEqual([{ rows: 590 }]);
    expect(entries.size).toBe(590);
    expect(await database.query('SELECT name FROM pg_prepared_statements')).toEqual([]);
    const connections = await database.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND backend_type = 'client backend'`,
    );
    expect(connections.length).toBeLessThanOrEqual(2);
  });
});
