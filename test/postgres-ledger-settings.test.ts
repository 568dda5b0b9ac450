/** What a ledger in PostgreSQL makes of its URL, and of what a role, a database and a server have set. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type PostgresLedgerOptions, postgresLedger } from '../packages/askonce/src/ledger/postgres/store.ts';
import { loopbackCertificate, loopbackKey } from './support/loopback-certificate.ts';
import { numberedBatch, sumsAfter, sumsIn } from './support/postgres-ledger.ts';
import { freshDatabase, type PostgresDatabase, startPostgres } from './support/postgres-server.ts';
import { describeWithService } from './support/service-suites.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

function openLedger(options: PostgresLedgerOptions) {
  const store = postgresLedger({ timeoutMs: 5_000, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** Whether the ledger's idle connection is encrypted. */
async function isEncrypted({ query }: PostgresDatabase): Promise<unknown> {
  const [{ ssl } = {}] = await query(
    `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'askonce'`,
  );
  return ssl;
}

/** Columns, indexes and comments of a ledger's tables. */
async function shapeOf(query: PostgresDatabase['query']) {
  return [
    await query(
      `SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default
       FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2`,
    ),
    await query(`SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`),
    await query('SELECT version FROM ledger_schema ORDER BY 1'),
  ];
}

describeWithService('postgres', 'the settings of a ledger in PostgreSQL', () => {
  it('sslmode means what it means to libpq', async () => {
    const server = await startPostgres({ tls: { key: loopbackKey, certificate: loopbackCertificate } });
    const authority = join(temporaryFolder(), 'authority.pem');
    writeFileSync(authority, loopbackCertificate);
    const encrypted = [
      'sslmode=prefer',
      'sslmode=require',
      'sslmode=no-verify',
      `sslmode=require&sslrootcert=${authority}`,
      `sslmode=verify-ca&sslrootcert=${authority}`,
      `sslmode=verify-full&sslrootcert=${authority}`,
    ];
    for (const parameters of encrypted) {
      const store = openLedger({ url: `${server.url}?${parameters}` });
      await store.size();
      expect(await isEncrypted(server), parameters).toBe(true);
      await store.close();
    }
    for (const parameters of ['', 'sslmode=disable', 'sslmode=allow']) {
      const store = openLedger({ url: `${server.url}?${parameters}` });
      await store.size();
      expect(await isEncrypted(server), parameters).toBe(false);
      await store.close();
    }
    await expect(openLedger({ url: `${server.url}?sslmode=verify-full` }).size()).rejects.toThrow(
      /certificate/,
    );
    const own = openLedger({ url: `${server.url}?sslmode=disable`, ssl: { ca: loopbackCertificate } });
    await own.size();
    expect(await isEncrypted(server)).toBe(true);
  });

  it('a server without TLS is used with sslmode=prefer, and refused with sslmode=require', async () => {
    const { url } = await freshDatabase();
    const store = openLedger({ url: `${url}?sslmode=prefer` });
    await Promise.all([store.size(), store.size(), store.size()]);
    await store.write(numberedBatch('a', 1));
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 1 }));
    await expect(openLedger({ url: `${url}?sslmode=require` }).size()).rejects.toThrow(
      /does not support SSL/,
    );
  });

  it('a password with special characters is accepted, and is in no error', async () => {
    const password = 'p@ss:w/rd %21#?';
    const server = await startPostgres({ password });
    const wrong = openLedger({ url: server.url.replace('w%2F', 'X%2F') });
    const failure: unknown = await wrong.size().catch((error: unknown) => error);
    expect(String(failure)).toMatch(/password authentication failed.*Correct user and password/);
    const store = openLedger({ url: server.url });
    await store.write(numberedBatch('a', 1));
    await server.kill();
    const errors = [failure, await store.size().catch((error: unknown) => error)];
    for (const error of errors) {
      const shown = `${String(error)} ${error instanceof Error ? error.stack : ''} ${JSON.stringify(error)}`;
      expect(shown).toContain('store_failed');
      for (const secret of [password, encodeURIComponent(password)]) expect(shown).not.toContain(secret);
    }
  });

  it('each schema has a ledger of its own, whatever its name', async () => {
    const { url, query } = await freshDatabase();
    const names = ['public', 'reports', `Odd "name" of 'ours'; DROP`];
    for (const [index, schema] of names.entries())
      await openLedger({ url, schema }).write(numberedBatch('a'.repeat(index + 1), 1));
    expect(await sumsIn(openLedger({ url: `${url}?schema=reports` }))).toEqual(sumsAfter({ aa: 1 }));
    expect(await query('SELECT writer FROM ledger_writer')).toEqual([{ writer: 'a' }]);
    const odd = openLedger({ url, schema: `Odd "name" of 'ours'; DROP` });
    expect(await sumsIn(odd)).toEqual(sumsAfter({ aaa: 1 }));
    const everything = { rowsSince: 0, countersSince: 0, patternsSince: 0, maxBytes: 0, maxPatterns: 0 };
    expect(await odd.prune(everything)).toBe(10);
    expect(await odd.size()).toMatchObject({ rows: 0, counters: 0, patterns: 0 });
  });

  it('tables of version 1 are brought up to date, and keep what they have', async () => {
    const { url, query } = await freshDatabase();
    await query(
      readFileSync(new URL('./support/postgres-ledger-version-1.sql', import.meta.url).pathname, 'utf8'),
    );
    const store = openLedger({ url });
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 1 }));
    for (const sequence of [1, 2]) await store.write(numberedBatch('a', sequence));
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 2 }));
    expect(await store.erase('a', Number.MAX_SAFE_INTEGER)).toBe(2);
    const fresh = await freshDatabase();
    await openLedger({ url: fresh.url }).write(numberedBatch('a', 1));
    // The same tables, columns and indexes as of a new ledger.
    expect(await shapeOf(query)).toEqual(await shapeOf(fresh.query));
  });

  it('what a role has set for its sessions changes nothing', async () => {
    const { url, query } = await freshDatabase();
    const name = new URL(url).pathname.slice(1);
    await query(`CREATE SCHEMA decoy`);
    await query(`CREATE TABLE decoy.cache_statistics (requests int)`);
    await query(
      `CREATE FUNCTION decoy.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT 'decoy' $$`,
    );
    for (const setting of [
      'search_path = decoy, pg_catalog',
      'statement_timeout = 1000',
      'lock_timeout = 1',
      `default_transaction_isolation = 'serializable'`,
      `bytea_output = 'escape'`,
      `client_encoding = 'LATIN1'`,
      'standard_conforming_strings = off',
      `DateStyle = 'German'`,
      'quote_all_identifiers = on',
      'enable_seqscan = off',
    ])
      await query(`ALTER DATABASE ${name} SET ${setting}`);
    const stores = ['a', 'bb', 'ccc'].map(() => openLedger({ url }));
    await Promise.all(
      stores.map(async (store, index) => {
        for (let sequence = 1; sequence <= 10; sequence++)
          await store.write(numberedBatch('abc'.charAt(index), sequence));
      }),
    );
    expect(await sumsIn(openLedger({ url }))).toEqual(sumsAfter({ a: 10, b: 10, c: 10 }));
  });

  it('a database of another encoding is refused, since it could not store every text', async () => {
    const { query, url } = await freshDatabase();
    const name = new URL(url).pathname.slice(1);
    await query(`CREATE DATABASE ${name}_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`);
    onTestFinished(async () => {
      await query(`DROP DATABASE ${name}_ascii WITH (FORCE)`);
    });
    await expect(openLedger({ url: `${url}_ascii` }).size()).rejects.toThrow(/SQL_ASCII.*UTF8/);
  });
});
