/**
 * The page on data protection lists every place in which a real session stores something, and no other.
 */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { postgresLedger } from '../packages/askonce/src/ledger/postgres/store.ts';
import { adminRoutes } from '../packages/gateway/src/admin/routes.ts';
import { page, section, tableRows } from './support/pages.ts';
import { numberedBatch } from './support/postgres-ledger.ts';
import { freshDatabase } from './support/postgres-server.ts';
import { semanticMatch } from './support/runbook/semantic-match.ts';
import { startWorld, type World } from './support/runbook/world.ts';
import { describeWithService } from './support/service-suites.ts';
import { polled } from './support/shared-gateways.ts';

const guide = page('docs/guide/data-protection.md');

/** The pieces of code of a cell. */
const codes = (cell = ''): string[] => Array.from(cell.matchAll(/`([^`]+)`/g), ([, one = '']) => one);

/** The patterns of keys on the page, by their text. */
const redisKeys = new Map(
  tableRows(section(guide, 'In Redis'), 'Redis key')
    .flatMap(([cell]) => codes(cell))
    .map((shown) => [shown, new RegExp(`^${pattern(shown)}$`)]),
);

function pattern(shown: string): string {
  return shown
    .replace(/[{}]/g, '\\$&')
    .replace('PARTITION', '[0-9a-f]{32}')
    .replace('LANGUAGE', '[a-z-]+')
    .replace('FINGERPRINT', '[0-9a-f]{64}')
    .replace('DIGEST', '[0-9a-f]{20,32}')
    .replace('FORM:', '(?:[a-z0-9.]+:)?')
    .replace('ID', '[^:]+')
    .replace('NAME', '[^}]+');
}

const tables = new Map(
  tableRows(section(guide, 'Tables and columns'), 'table').map(([name, columns = '']) => [
    codes(name).join(''),
    columns,
  ]),
);

const semantic = {
  OPENAI_API_KEY: 'sk-test',
  ENABLE_SEMANTIC_CACHE: 'on',
  ENABLE_NEGATIVE_CACHE: 'on',
  SEMANTIC_UPPER: '0.6',
  SEMANTIC_GUARDS: 'none',
  SEMANTIC_GATES: 'none',
  // Nothing is in trouble here, and a busy machine is not to be taken for it.
  ASKONCE_STORE_BUDGET_MS: '30000',
};

const asked = {
  'askonce-user': 'ada',
  'askonce-session': 's1',
  'askonce-category': 'pricing',
  'askonce-tags': 'team=search',
};

/** Answers, a semantic hit and its feedback, a remembered error, tags that are added, an invalidation, a warm job, maintenance. */
async function session(world: World): Promise<void> {
  const match = await semanticMatch(world, asked);
  await world.ask('How do I change my password?', { ...asked, 'askonce-tags': 'team=other' });
  const feedback = JSON.stringify({ match, verdict: 'wrong' });
  expect((await world.gateway.ask('/cache/feedback', feedback)).status).toBe(200);
  world.provider.status = 400;
  await world.ask('An error?', asked);
  world.provider.status = 200;
  expect(await world.admin('/cache/invalidate', { tags: 'team=none' })).toBe(200);
  expect(await world.admin('/cache/warm', { entries: [{ model: 'gpt-4o', question: 'Warm?' }] })).toBe(202);
  expect(await world.admin('/cache/maintenance', {})).toBe(200);
}

/** Hears every command of a Redis server until the test ends. ioredis loses its place when a command follows at once. */
async function monitored(port: number, hear: (line: string) => void): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  const lines = createInterface({ input: socket });
  lines.on('line', hear);
  socket.write('MONITOR\r\n');
  expect(await once(lines, 'line')).toEqual(['+OK']);
}

describe('the page on data protection', () => {
  it('the page on data protection names every setting by which data leave the machine', () => {
    const addresses = readFileSync(new URL('../.env.example', import.meta.url), 'utf8').matchAll(
      /^((?!NO_)\w+_(?:URL|ENDPOINT|PROXY))=/gm,
    );
    const named = codes(section(guide, 'What leaves the machine'));
    expect(Array.from(addresses, ([, name]) => name).filter((name = '') => !named.includes(name))).toEqual(
      [],
    );
  });

  it('the page on data protection lists every admin call that shows stored text, and no other', () => {
    const textual = adminRoutes.filter(({ answer, streams }) => {
      if (streams) return false;
      const schema = JSON.stringify(z.toJSONSchema(answer, { io: 'output', unrepresentable: 'any' }));
      return /"(?:text|question|questionText|semanticText|earlierQuestion)":\{/.test(schema);
    });
    const rows = tableRows(section(guide, 'In memory, logs and figures'), 'place');
    const listed = rows.find(([, holds = '']) => holds.startsWith('texts of questions'))?.[0];
    expect(codes(listed).toSorted()).toEqual(
      textual.map(({ method, path }) => `${method} ${path}`).toSorted(),
    );
  });

  it('the page on data protection lists every kind of key that a session leaves in Redis, and no other', async () => {
    const world = await startWorld({ environment: semantic });
    const redis = new Redis(world.redis.url);
    onTestFinished(() => redis.disconnect());
    const seen = new Set<string>();
    const unknown = new Set<string>();
    const sort = (key: string) => {
      const kinds = [...redisKeys].filter(([, known]) => known.test(key)).map(([shown]) => shown);
      if (kinds.length === 1) for (const kind of kinds) seen.add(kind);
      else unknown.add(`${key}: ${kinds.length} rows`);
    };
    const look = async () => {
      for (const key of await redis.keys('*')) sort(key);
    };
    // Leases are there for moments: the commands that set them show their keys.
    await monitored(world.redis.port, (line) => {
      for (const [, word = ''] of line.matchAll(/"(askonce:v1:[^"]*:lease)"/g)) sort(word);
    });
    await session(world);
    await look();
    // A lease and a followed stream exist while an answer is generated for several gateways.
    const other = await world.another(semantic);
    const missing = () => [...redisKeys.keys()].filter((kind) => !seen.has(kind));
    // On a busy machine a gateway may find Redis too slow, and follow none: then another question is asked.
    for (let round = 1; round <= 5 && missing().length > 0; round++) {
      world.provider.hold();
      const messages = [{ role: 'user', content: `Held ${round}?` }];
      const body = JSON.stringify({ model: 'gpt-4o', stream: true, messages });
      const both = [world.gateway, other].map((one) => one.ask('/v1/chat/completions', body));
      await polled(
        async () => {
          await look();
          return missing();
        },
        (kinds) => kinds.length === 0,
      );
      world.provider.release();
      await Promise.all(both);
    }
    expect(missing()).toEqual([]);
    expect([...unknown]).toEqual([]);
  }, 180_000);

  it('the page on data protection lists every file, table and column of a data folder, and no other', async () => {
    const world = await startWorld({ redis: false, environment: { ...semantic, ASKONCE_SECRET: '' } });
    await session(world);
    await world.until('/cache/health', /"ledger":\{"status":"ok"/);
    await expect.poll(() => readdirSync(world.dataDir)).toContain('ledger.db');
    const files = tableRows(section(guide, 'In the data folder'), 'file').flatMap(([cell]) => codes(cell));
    expect(readdirSync(world.dataDir).filter((name) => !files.includes(name))).toEqual([]);
    await world.gateway.end('SIGTERM');
    const found = new Map(
      ['askonce.db', 'ledger.db'].flatMap((name) => columnsOf(join(world.dataDir, name))),
    );
    expect([...found.keys()].toSorted()).toEqual([...tables.keys()].toSorted());
    for (const [name, columns] of found) {
      const shown = tables.get(name) ?? '';
      const open = shown.endsWith(', …');
      const listed = open ? shown.slice(0, -', …'.length) : shown;
      expect([
        name,
        open ? columns.slice(0, listed.split(', ').length).join(', ') : columns.join(', '),
      ]).toEqual([name, listed]);
    }
  }, 60_000);
});

describeWithService('postgres', 'the page on data protection, and PostgreSQL', () => {
  it('the page on data protection lists every table of a ledger in PostgreSQL', async () => {
    const database = await freshDatabase();
    const ledger = postgresLedger({ url: database.url });
    onTestFinished(() => ledger.close());
    await ledger.write(numberedBatch('a', 1));
    const rows = await database.query(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`);
    const names = z
      .array(z.object({ name: z.string() }))
      .parse(rows)
      .map(({ name }) => name);
    expect(names.filter((name) => !tables.has(name) && name !== 'ledger_schema')).toEqual([]);
    expect(names).toContain('query_pattern');
  });
});

/** The tables of a SQLite file, each with its columns. */
function columnsOf(file: string): readonly (readonly [string, readonly string[]])[] {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
  try {
    const named = z.array(z.object({ name: z.string() }));
    const found = named.parse(
      database
        .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
        .all(),
    );
    return found.map(({ name }) => [
      name,
      named
        .parse(database.prepare('SELECT name FROM pragma_table_info(?)').all(name))
        .map((column) => column.name),
    ]);
  } finally {
    database.close();
  }
}
