/**
 * Connections to a PostgreSQL server: transactions that end in bounded time, whatever the server does. Nothing outlives a
 * transaction, so that a pooler between them may hand each one to another connection of the server (PgBouncer's
 * transaction mode): no setting of the session, no named statement, no lock.
 */
import type { ConnectionOptions } from 'node:tls';
import type { Pool, PoolClient, PoolConfig } from 'pg';
import { AskonceError } from '../errors.ts';
import { failureOf } from './failures.ts';
import type { Target } from './url.ts';

export type Value = string | number | null;
export type Row = readonly unknown[];

/** Runs one statement of a transaction with bound values; resolves with its rows. */
export type Run = (statement: string, values?: readonly Value[]) => Promise<readonly Row[]>;

export interface Connections {
  /**
   * Commits what `work` did once it resolves. If it rejects, or the server does not answer in time, nothing was done:
   * except where a commit was under way, of which only the server knows.
   *
   * @param settings values of further settings of the server, within this transaction alone
   */
  transaction<T>(
    timeoutMs: number,
    work: (run: Run) => Promise<T>,
    settings?: Readonly<Record<string, string>>,
  ): Promise<T>;
  /** Runs a statement that no transaction may contain. */
  alone(timeoutMs: number, statement: string): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectionsOptions {
  /** What connects, for messages: `ledger`. */
  readonly what: string;
  readonly target: Target;
  readonly ssl: ConnectionOptions | boolean | undefined;
  readonly size: number;
  /** How long a connection may take, in ms. */
  readonly connectTimeoutMs: number;
}

/** What the client waits longer than the server, whose own answer says more. */
const graceMs = 1_000;
const idleMs = 30_000;
/** A connection is replaced after so long, and finds another primary by then. */
const lifetimeSeconds = 1_800;
const noTls = 'The server does not support SSL connections';

export function connectionsTo({
  what,
  target,
  ssl,
  size,
  connectTimeoutMs,
}: ConnectionsOptions): Connections {
  let speaksTls = true;
  let opened: Promise<Pool> | undefined;
  let closing: Promise<void> | undefined;

  function pool(): Promise<Pool> {
    opened ??= openPool(what, {
      connectionString: speaksTls ? target.connectionString : target.withoutTls,
      ...(ssl === undefined ? {} : { ssl }),
      fallback_application_name: 'askonce',
      max: size,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: idleMs,
      maxLifetimeSeconds: lifetimeSeconds,
      keepAlive: true,
      // It must not keep a process alive that has nothing else to do.
      allowExitOnIdle: true,
    }).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  }

  async function connect(isSecond = false): Promise<PoolClient> {
    try {
      return await (await pool()).connect();
    } catch (error) {
      const lacksTls = error instanceof Error && error.message === noTls;
      if (isSecond || !lacksTls || !target.prefersTls) throw error;
      if (speaksTls) {
        speaksTls = false;
        const before = opened;
        opened = undefined;
        await (await before)?.end();
      }
      return connect(true);
    }
  }

  async function withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    if (closing !== undefined) throw new AskonceError('closed', `The ${what} is closed.`);
    try {
      const client = await connect();
      try {
        const result = await work(client);
        client.release();
        return result;
      } catch (error) {
        // What the server still does on this connection is not known: it ends, and the transaction with it.
        client.release(true);
        throw error;
      }
    } catch (error) {
      throw failureOf(error, target);
    }
  }

  return {
    transaction: (timeoutMs, work, settings = {}) =>
      withClient(async (client) => {
        const waits = timeoutMs + graceMs;
        await send(client, beginning(timeoutMs, settings), waits);
        const result = await work(
          async (statement, values) => (await send(client, statement, waits, values)).rows,
        );
        const { command } = await send(client, 'COMMIT', waits);
        // The server answers so to the commit of a transaction that has failed.
        if (command === 'ROLLBACK') throw new Error('the transaction was rolled back');
        return result;
      }),
    alone: (timeoutMs, statement) =>
      withClient(async (client) => {
        await send(client, statement, timeoutMs);
      }),
    close() {
      closing ??= (async () => (await opened)?.end())().catch(() => {});
      return closing;
    },
  };
}

/** Loaded when it is needed: the driver is an optional dependency of the library. */
async function openPool(what: string, config: PoolConfig): Promise<Pool> {
  const { default: pg } = await import('pg').catch((cause: unknown) => {
    throw new AskonceError(
      'invalid_settings',
      `A ${what} in PostgreSQL needs the package pg: npm install pg.`,
      { cause },
    );
  });
  const pool = new pg.Pool(config);
  // A connection that breaks off while it is idle is replaced; one in use rejects its statement.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Names are found nowhere but where a statement says, whatever role and database have set. */
function beginning(timeoutMs: number, settings: Readonly<Record<string, string>>): string {
  const more = Object.entries(settings).map(([name, value]) => `;\n    SET LOCAL ${name} = ${value}`);
  return `BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL search_path = pg_catalog;
    SET LOCAL statement_timeout = ${timeoutMs};
    SET LOCAL lock_timeout = ${Math.ceil(timeoutMs / 2)};
    SET LOCAL idle_in_transaction_session_timeout = ${2 * timeoutMs}${more.join('')}`;
}

async function send(client: PoolClient, text: string, timeoutMs: number, values?: readonly Value[]) {
  const query = { text, query_timeout: timeoutMs, rowMode: 'array' } as const;
  return client.query<unknown[]>(values === undefined ? query : { ...query, values: [...values] });
}
