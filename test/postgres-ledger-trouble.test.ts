/** What a ledger in PostgreSQL does while the server is away, hangs, is full or refuses, and that it goes on afterwards. */
import { expect, it, onTestFinished } from 'vitest';
import { type PostgresLedgerOptions, postgresLedger } from '../packages/askonce/src/ledger/postgres/store.ts';
import { samplePattern, sampleRow } from '../packages/askonce/src/testing/sample-batch.ts';
import { numberedBatch, sumsAfter, sumsIn, writeAtLast } from './support/postgres-ledger.ts';
import { freshDatabase, type PostgresDatabase, startPostgres } from './support/postgres-server.ts';
import { describeWithService } from './support/service-suites.ts';
import { startTroubleProxy } from './support/trouble-proxy.ts';

function openLedger(options: PostgresLedgerOptions) {
  const store = postgresLedger({ timeoutMs: 5_000, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** The message with which a call must reject. */
async function failureOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('the call did not reject');
  expect(error).toMatchObject({ name: 'AskonceError', code: 'store_failed' });
  return error.message;
}

/** A role that may connect, and the URL as that role. It is dropped with the test. */
async function roleOf({ url, query }: PostgresDatabase, options = '') {
  const name = `role_${crypto.randomUUID().replaceAll('-', '')}`;
  await query(`CREATE ROLE ${name} LOGIN ${options}`);
  onTestFinished(async () => {
    await query(`DROP OWNED BY ${name}`);
    await query(`DROP ROLE ${name}`);
  });
  const own = new URL(url);
  own.username = name;
  return { name, url: own.href };
}

describeWithService('postgres', 'a ledger in PostgreSQL, in trouble', () => {
  it('rejects while the server is absent, and is used once it is there', async () => {
    const server = await startPostgres();
    await server.kill();
    const store = openLedger({ url: server.url });
    expect(await failureOf(store.write(numberedBatch('a', 1)))).toMatch(
      /ECONNREFUSED.*Check that the server runs/,
    );
    await failureOf(store.size());
    await server.restart();
    await store.write(numberedBatch('a', 1));
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 1 }));
  });

  it('rejects in time while the server hangs, whether it is connected or not, and closes', async () => {
    const server = await startPostgres();
    const connected = openLedger({ url: server.url, timeoutMs: 200, queryTimeoutMs: 5_000 });
    await connected.write(numberedBatch('a', 1));
    const unconnected = openLedger({ url: server.url, timeoutMs: 200, queryTimeoutMs: 200 });
    server.pause();
    expect(await failureOf(connected.write(numberedBatch('a', 2)))).toMatch(
      /no answer in time.*Check that the server runs/,
    );
    expect(await failureOf(unconnected.size())).toMatch(/no answer in time.*Check that the server runs/);
    await unconnected.close();
    server.resume();
    await writeAtLast(connected, numberedBatch('a', 2));
    expect(await sumsIn(connected)).toEqual(sumsAfter({ a: 2 }));
  });

  it('more calls than connections wait in time while the server hangs', async () => {
    const server = await startPostgres();
    const store = openLedger({ url: server.url, timeoutMs: 200, poolSize: 2 });
    await store.write(numberedBatch('a', 1));
    server.pause();
    const calls = ['b', 'c', 'd', 'e', 'f'].map((writer) => failureOf(store.write(numberedBatch(writer, 1))));
    expect(await Promise.all(calls)).toHaveLength(5);
    server.resume();
    await writeAtLast(store, numberedBatch('a', 2));
  });

  it('a row that another session has locked makes a batch reject, which is written later', async () => {
    const { url, query } = await freshDatabase();
    const store = openLedger({ url, timeoutMs: 200 });
    await store.write(numberedBatch('a', 1));
    const held = query('BEGIN; LOCK TABLE cache_statistics; SELECT pg_sleep(1); COMMIT');
    await expect
      .poll(() =>
        query(`SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND locktype = 'relation'`),
      )
      .not.toEqual([]);
    expect(await failureOf(store.write(numberedBatch('a', 2)))).toMatch(/lock timeout/);
    await held;
    await store.write(numberedBatch('a', 2));
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 2 }));
  });

  it('connections that the server ends while they are idle are replaced', async () => {
    const { url, query } = await freshDatabase();
    const store = openLedger({ url });
    for (let sequence = 1; sequence <= 5; sequence++) {
      await writeAtLast(store, numberedBatch('a', sequence));
      await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'askonce'
        AND datname = current_database()`);
    }
    await writeAtLast(store, numberedBatch('a', 6));
    await expect.poll(() => sumsIn(store).catch(() => undefined)).toEqual(sumsAfter({ a: 6 }));
  });

  it('a server that refuses many connections is used again once it accepts them', async () => {
    const database = await freshDatabase();
    await openLedger({ url: database.url }).size();
    const role = await roleOf(database, 'SUPERUSER CONNECTION LIMIT 0');
    await database.query(`ALTER ROLE ${role.name} NOSUPERUSER`);
    await database.query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role.name}`,
    );
    const store = openLedger({ url: role.url });
    for (let time = 0; time < 20; time++)
      expect(await failureOf(store.write(numberedBatch('a', 1)))).toMatch(/too many connections/);
    await database.query(`ALTER ROLE ${role.name} CONNECTION LIMIT 2`);
    await store.write(numberedBatch('a', 1));
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 1 }));
  });

  it('connections that are reset at once make calls reject, and later ones succeed', async () => {
    const { url, port } = await freshDatabase();
    const proxy = await startTroubleProxy(port);
    const store = openLedger({ url: url.replace(`:${port}`, `:${proxy.port}`), timeoutMs: 1_000 });
    await store.write(numberedBatch('a', 1));
    proxy.refuse();
    await failureOf(store.write(numberedBatch('a', 2)));
    await failureOf(store.write(numberedBatch('a', 2)));
    proxy.heal();
    proxy.answerWith('HTTP/1.1 400 Bad Request\r\n\r\n');
    await failureOf(store.write(numberedBatch('a', 2)));
    proxy.heal();
    await store.write(numberedBatch('a', 2));
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 2 }));
  });

  it('a disk that fills up makes a batch reject whole, and it counts once there is space', async () => {
    const { url, query } = await freshDatabase();
    const store = openLedger({ url });
    await store.write(numberedBatch('a', 1));
    await query(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$`);
    await query(
      'CREATE TRIGGER full_disk BEFORE INSERT ON cache_event FOR EACH ROW EXECUTE FUNCTION full_disk()',
    );
    for (let time = 0; time < 3; time++)
      expect(await failureOf(store.write(numberedBatch('a', 2)))).toMatch(/No space left.*Free space/);
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 1 }));
    await query('DROP TRIGGER full_disk ON cache_event');
    await store.write(numberedBatch('a', 2));
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 2 }));
  });

  it('a role that may only read answers queries, and says which right it lacks to write', async () => {
    const database = await freshDatabase();
    const owner = openLedger({ url: database.url });
    await owner.write(numberedBatch('a', 1));
    const role = await roleOf(database);
    await database.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role.name}`);
    const store = openLedger({ url: role.url });
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 1 }));
    expect(await failureOf(store.write(numberedBatch('a', 2)))).toMatch(/permission denied.*Grant the role/);
    await database.query(`ALTER ROLE ${role.name} SET default_transaction_read_only = on`);
    await database.query(`GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role.name}`);
    const reader = openLedger({ url: role.url });
    expect(await failureOf(reader.write(numberedBatch('a', 2)))).toMatch(/read-only.*primary/);
    expect(await sumsIn(reader)).toEqual(sumsAfter({ a: 1 }));
  });

  it('a role that may not make tables uses those that another has made', async () => {
    const database = await freshDatabase();
    const role = await roleOf(database);
    const store = openLedger({ url: role.url });
    expect(await failureOf(store.write(numberedBatch('a', 1)))).toMatch(/permission denied.*Grant the role/);
    await openLedger({ url: database.url }).size();
    await database.query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role.name}`,
    );
    await store.write(numberedBatch('a', 1));
    expect(await store.erase('a', 0)).toBe(1);
    const retention = {
      rowsSince: 0,
      countersSince: Number.MAX_SAFE_INTEGER,
      patternsSince: 0,
      maxBytes: 1,
      maxPatterns: 0,
    };
    expect(await store.prune(retention)).toBe(9);
  });

  it('tables of a newer askonce are refused and left alone', async () => {
    const { url, query } = await freshDatabase();
    const store = openLedger({ url });
    await store.write(numberedBatch('a', 1));
    await query('INSERT INTO ledger_schema (version) VALUES (99)');
    const newer = openLedger({ url });
    for (const call of [newer.write(numberedBatch('b', 1)), newer.size(), newer.erase('a', 0)])
      expect(await failureOf(call)).toMatch(/version 99.*newer askonce.*Update askonce/);
    // One that has opened them before goes on: a newer version only adds to them.
    await store.write(numberedBatch('a', 2));
    expect(await query('SELECT writer FROM ledger_writer')).toEqual([{ writer: 'a' }]);
    await query('DELETE FROM ledger_schema WHERE version = 99');
    await newer.write(numberedBatch('b', 1));
  });

  it('tables are made by one of many that ask at once', async () => {
    const { url, query } = await freshDatabase();
    for (let round = 0; round < 8; round++) {
      const schema = `round ${round}`;
      const stores = Array.from({ length: 6 }, () => openLedger({ url, schema, poolSize: 1 }));
      await Promise.all(stores.map((store) => store.size()));
      await Promise.all(stores.map((store) => store.close()));
      expect(await query(`SELECT version FROM "${schema}".ledger_schema`)).toEqual(
        [1, 2, 3, 4].map((version) => ({ version })),
      );
    }
  });

  it('tables that are dropped while it runs are made again', async () => {
    const { url, query } = await freshDatabase();
    const store = openLedger({ url });
    await store.write(numberedBatch('a', 1));
    await query(
      'DROP TABLE cache_statistics, tag_statistics, query_pattern, cache_event, ledger_writer, ledger_erasure, ledger_schema',
    );
    await failureOf(store.write(numberedBatch('a', 2)));
    await store.write(numberedBatch('a', 2));
    expect((await sumsIn(store)).rows).toBe(1);
  });

  it('an erasure reaches the rows of a batch that is being written, and of those that come later', async () => {
    const { url, query } = await freshDatabase();
    const store = openLedger({ url });
    await store.write(numberedBatch('a', 1));
    await query(`CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$`);
    await query('CREATE TRIGGER dawdle BEFORE INSERT ON cache_event FOR EACH ROW EXECUTE FUNCTION dawdle()');
    const waiting = (type: string) =>
      expect
        .poll(() => query(`SELECT 1 FROM pg_locks WHERE locktype = '${type}' AND NOT granted`))
        .toHaveLength(1);
    const held = query('SELECT pg_advisory_lock(1), pg_sleep(1)');
    await expect
      .poll(() => query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted`))
      .toHaveLength(1);
    const written = store.write(numberedBatch('a', 2));
    await waiting('advisory');
    const erased = store.erase('a', Number.MAX_SAFE_INTEGER);
    await waiting('relation');
    const later = store.write(numberedBatch('a', 3));
    await held;
    expect(await erased).toBe(2);
    await Promise.all([written, later]);
    expect(await sumsIn(store)).toEqual({ ...sumsAfter({ a: 3 }), rows: 0 });
  });

  it('text that a database refuses does not keep its batch back', async () => {
    const { url } = await freshDatabase();
    const store = openLedger({ url });
    const odd = `\0 \uD800 ${'€'.repeat(3_000)}`;
    const batch = numberedBatch('a', 1);
    await store.write({
      ...batch,
      writer: odd,
      counters: batch.counters.map((change) => ({
        ...change,
        dimensions: { ...change.dimensions, model: odd, tenant: `${odd}2`, category: `${odd}3` },
        counts: {
          ...change.counts,
          missNano: Number.NaN,
          hitMicros: 0.5,
          sharedNano: Number.POSITIVE_INFINITY,
        },
      })),
      tags: [{ bucket: 0, tag: odd, requests: 1, hits: 0, savedNano: 0 }],
      patterns: [samplePattern(odd, { text: odd })],
      rows: [sampleRow({ requestId: odd, user: odd, key: odd, durationMs: Number.NaN })],
    });
    const [sum] = await store.counters({
      from: 0,
      to: Number.POSITIVE_INFINITY,
      where: { model: odd },
      by: 'category',
    });
    expect(sum?.counts.requests).toBe(3);
    expect(await store.erase(odd, 0)).toBe(1);
  });
});
