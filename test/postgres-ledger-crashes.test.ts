/** Batches of a ledger count once, whatever breaks while they are written: the server, a connection, a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { type PostgresLedgerOptions, postgresLedger } from '../packages/askonce/src/ledger/postgres/store.ts';
import { numberedBatch, sumsAfter, sumsIn, writeAtLast } from './support/postgres-ledger.ts';
import { freshDatabase, startPostgres } from './support/postgres-server.ts';
import { describeWithService } from './support/service-suites.ts';
import { startTroubleProxy } from './support/trouble-proxy.ts';

const program = new URL('./support/postgres-ledger-child.ts', import.meta.url).pathname;

function openLedger(options: PostgresLedgerOptions) {
  const store = postgresLedger({ timeoutMs: 5_000, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** A process of its own that writes to the ledger; `onWritten` is called with the number of each batch. */
function startWriter(url: string, writer: string, batches: number, onWritten: (sequence: number) => void) {
  const child: ChildProcess = spawn(process.execPath, [program, url, writer, String(batches)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.stdout !== null) createInterface(child.stdout).on('line', (line) => onWritten(Number(line)));
  return { child, ended: once(child, 'close').then(([code]) => Number(code)) };
}

describeWithService('postgres', 'a ledger in PostgreSQL, when something breaks', () => {
  it('a server that crashes at random moments loses no batch and counts none twice', async () => {
    const server = await startPostgres();
    const writers = ['a', 'bb', 'ccc'];
    const batches = 60;
    const stores = writers.map(() => openLedger({ url: server.url }));
    let isOver = false;
    const writing = Promise.all(
      stores.map(async (store, index) => {
        let failed = 0;
        for (let sequence = 1; sequence <= batches; sequence++)
          failed += await writeAtLast(store, numberedBatch(writers[index] ?? '', sequence));
        return failed;
      }),
    ).finally(() => {
      isOver = true;
    });
    let crashes = 0;
    // The first while they make the tables.
    while (crashes === 0 || (!isOver && crashes < 8)) {
      await server.restart();
      crashes += 1;
      await server.query('SELECT pg_sleep($1::float8)', [randomInt(150) / 1_000]);
    }
    const failed = (await writing).reduce((sum, count) => sum + count, 0);
    expect(failed).toBeGreaterThan(0);
    const [store] = stores;
    if (store === undefined) throw new Error('there is no store');
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: batches, bb: batches, ccc: batches }));
  }, 60_000);

  it('a connection that breaks off after any number of bytes, of either side, costs no batch and counts none twice', async () => {
    const { url, port } = await freshDatabase();
    const proxy = await startTroubleProxy(port);
    const store = openLedger({ url: url.replace(`:${port}`, `:${proxy.port}`) });
    // Reads past the proxy, whose cut may come after the answer to the commit.
    const reader = openLedger({ url });
    let sequence = 1;
    await store.write(numberedBatch('a', sequence));
    let failed = 0;
    for (const [direction, most] of [
      ['to server', 12_000],
      ['to client', 1_000],
    ] as const) {
      for (let step = 0; step < 40; step++) {
        const at = Math.floor((most * step) / 40) + randomInt(most / 40);
        proxy.cutAfter(at, direction);
        sequence += 1;
        const outcome = await store.write(numberedBatch('a', sequence)).then(
          () => 0,
          () => 1,
        );
        failed += outcome;
        proxy.heal();
        // As a ledger does: the same batch again, whether or not it was committed before the answer was lost.
        if (outcome > 0) await writeAtLast(store, numberedBatch('a', sequence));
        expect((await sumsIn(reader)).rows, `cut ${direction} after ${at} bytes`).toBe(sequence);
      }
    }
    expect(failed).toBeGreaterThan(20);
    expect(await sumsIn(reader)).toEqual(sumsAfter({ a: sequence }));
  }, 60_000);

  it('a commit whose answer is lost is not repeated', async () => {
    const { url, port, query } = await freshDatabase();
    const proxy = await startTroubleProxy(port);
    const store = openLedger({ url: url.replace(`:${port}`, `:${proxy.port}`) });
    await store.write(numberedBatch('a', 1));
    // Holds the commit until the connection is gone: the server commits, and its answer reaches no one.
    await query(`CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$`);
    await query(`CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON cache_event DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION dawdle()`);
    const held = query('SELECT pg_advisory_lock(1), pg_sleep(1)');
    await expect
      .poll(() => query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted`))
      .toHaveLength(1);
    const attempt = store.write(numberedBatch('a', 2)).then(
      () => 'written',
      () => 'failed',
    );
    await expect
      .poll(() => query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`))
      .toHaveLength(1);
    proxy.cut();
    expect(await attempt).toBe('failed');
    await held;
    await writeAtLast(store, numberedBatch('a', 2));
    expect(await sumsIn(store)).toEqual(sumsAfter({ a: 2 }));
  });

  it('four processes make the tables at once, and add to the same rows without a deadlock', async () => {
    const { url, query } = await freshDatabase();
    const writers = ['a', 'bb', 'ccc', 'dddd'];
    const runs = writers.map((writer) => startWriter(url, writer, 40, () => {}));
    expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual([0, 0, 0, 0]);
    expect(await sumsIn(openLedger({ url }))).toEqual(sumsAfter({ a: 40, bb: 40, ccc: 40, dddd: 40 }));
    expect(await query('SELECT version FROM ledger_schema')).toEqual(
      [1, 2, 3, 4].map((version) => ({ version })),
    );
    const [{ deadlocks } = {}] = await query(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(deadlocks).toBe(0);
  }, 60_000);

  it('a process that is killed leaves each batch written whole or not at all', async () => {
    const { url, query } = await freshDatabase();
    for (let round = 0; round < 4; round++) {
      const writer = `writer ${round}`;
      let last = 0;
      const killAt = randomInt(1, 30);
      const { child, ended } = startWriter(url, writer, 1_000, (sequence) => {
        last = sequence;
        if (sequence === killAt) child.kill('SIGKILL');
      });
      await ended;
      const [{ sequence } = {}] = await query('SELECT sequence::int FROM ledger_writer WHERE writer = $1', [
        writer,
      ]);
      // At most one batch more than it had reported.
      expect([last, last + 1]).toContain(sequence);
    }
    const store = openLedger({ url });
    const found = await query('SELECT writer, sequence::int FROM ledger_writer');
    const written = Object.fromEntries(
      found.map(({ writer, sequence }) => [String(writer), Number(sequence)]),
    );
    expect(Object.keys(written)).toHaveLength(4);
    // The server may still be ending the transaction of the last process.
    await expect.poll(() => sumsIn(store)).toEqual(sumsAfter(written));
  }, 60_000);
});
