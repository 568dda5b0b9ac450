/**
 * Each command of the operations runbook, run against a gateway that has the trouble which its section is about, prints
 * what the page shows.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { lockedByAnother } from './support/file-lock.ts';
import { anchorsOf, code, page, section, tableRows } from './support/pages.ts';
import { startRedis } from './support/redis-server.ts';
import { chatRequest } from './support/remembering-provider.ts';
import { commandsOf } from './support/runbook/commands.ts';
import { semanticMatch } from './support/runbook/semantic-match.ts';
import { startWorld, type World, type WorldOptions } from './support/runbook/world.ts';

const path = 'docs/runbooks/operations.md';

interface Scene extends WorldOptions {
  /** Makes the trouble. Resolves once the gateway has met it. */
  readonly begin?: (world: World) => Promise<void>;
  /** What holds once the page has been followed. */
  readonly after?: (world: World) => Promise<void>;
}

async function command(world: World, name: string, ...words: (string | number)[]): Promise<unknown> {
  const redis = new Redis(world.redis.url);
  onTestFinished(() => redis.disconnect());
  return await redis.call(name, ...words);
}

const question = 'Is the shop open on Sunday?';
const asking = (world: World, headers?: Readonly<Record<string, string>>) =>
  world.ask(question, headers, { model: 'gpt-4.1-mini' });

/** A miss, its hit, and a bypass. */
async function someTraffic(world: World): Promise<void> {
  await asking(world, { 'askonce-category': 'pricing', 'askonce-tags': 'team=support' });
  await asking(world, { 'askonce-category': 'pricing' });
  await world.ask('Again?', { 'cache-control': 'no-store' });
  // A scrape does not wait for a slow store, and shows nothing of it until it has answered once.
  await world.until('/metrics', /tier_entries\{tier="(?:redis|sqlite)"(?:.|\n)*log_current/);
}

const degraded = (part: string) => new RegExp(`"${part}":\\{"status":"(?:down|degraded)"`);

const scenes: Readonly<Record<string, Scene>> = {
  'Look first': {
    async begin(world) {
      await someTraffic(world);
      writeFileSync(
        join(world.folder, 'request.json'),
        JSON.stringify({
          path: '/v1/chat/completions',
          headers: { authorization: 'Bearer sk-test', 'askonce-category': 'pricing' },
          body: JSON.parse(chatRequest(question, { model: 'gpt-4.1-mini' })),
        }),
      );
    },
  },
  'Switch the cache off': {},
  'Invalidate something now': {
    begin: someTraffic,
    async after(world) {
      expect((await asking(world)).headers['cache-status']).toContain('fwd=miss');
    },
  },
  'The hit rate has fallen': { begin: someTraffic },
  'Answers are wrong or stale': {
    async begin(world) {
      await asking(world);
      const { headers } = await asking(world);
      world.words['ASKONCE-KEY'] = String(headers['askonce-key']);
    },
    async after(world) {
      expect((await asking(world)).headers['cache-status']).toContain('fwd=miss');
    },
  },
  'Requests are slow': { begin: someTraffic },
  'Clients get 5xx': {
    async begin(world) {
      world.provider.status = 500;
      expect((await world.ask('Open?')).status).toBe(500);
    },
  },
  'The provider is down': {
    environment: { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', ASKONCE_CONNECT_RETRIES: '0' },
    async begin(world) {
      expect((await world.ask('Open?')).status).toBe(502);
    },
  },
  'The provider limits the rate': {
    async begin(world) {
      world.provider.status = 429;
    },
  },
  'Streams break off': {
    async begin(world) {
      world.provider.cut = true;
      await world.ask('Open?').catch(() => undefined);
      await world.until('/metrics', /provider_failures_total\{.*\} 1/);
    },
  },
  'Refreshes fail': {
    environment: { ENABLE_SWR: 'on', STALE_DAYS: '0.00000001', ASKONCE_REFRESH_ATTEMPTS: '1' },
    async begin(world) {
      await asking(world);
      world.provider.status = 500;
      await asking(world);
      await world.until('/metrics', /refresh_fail_total 1/);
    },
  },
  'The same question is asked many times': {
    async begin(world) {
      world.provider.hold();
      const asked = Array.from({ length: 8 }, () => world.ask('At once?'));
      const followed = world.until('/metrics', /followers_total\{flight="here"\} 7/);
      await Promise.all([followed.finally(world.provider.release), ...asked]);
    },
  },
  'Redis is down': {
    async begin(world) {
      await someTraffic(world);
      await world.redis.kill();
      await expect.poll(async () => (await asking(world)).headers['cache-status']).toContain('store-trouble');
      await world.until('/cache/health', degraded('redis'));
    },
    async after(world) {
      await world.redis.restart();
      await world.until('/cache/health', /^\{"status":"ok"/);
    },
  },
  'A store is full': {
    async begin(world) {
      await command(world, 'CONFIG', 'SET', 'maxmemory', '4mb');
      world.provider.text = 'x'.repeat(40_000);
      for (let index = 0; index < 80; index++) await world.ask(`Question ${index}`);
    },
  },
  'Redis refuses writes': {
    async begin(world) {
      await command(world, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await command(world, 'CONFIG', 'SET', 'maxmemory', 1);
      for (let index = 0; index < 8; index++) await world.ask(`Question ${index}`);
      await world.until('/cache/health', degraded('redis'));
    },
  },
  'Redis is read-only or failed over': {
    async begin(world) {
      await someTraffic(world);
      const primary = await startRedis();
      await command(world, 'REPLICAOF', '127.0.0.1', primary.port);
      await expect.poll(() => command(world, 'ROLE').then(String)).toContain('connected');
      for (let index = 0; index < 8; index++) await world.ask(`Question ${index}`);
    },
  },
  'A gateway is down': {
    async begin(world) {
      await world.gateway.end('SIGKILL');
    },
  },
  'The log is not current': {
    environment: { ASKONCE_LOG_TOLERANCE_MS: '1000' },
    async begin(world) {
      await someTraffic(world);
      world.redis.pause();
      onTestFinished(() => world.redis.resume());
      await world.until('/metrics', /log_current 0/);
    },
    async after(world) {
      world.redis.resume();
      await world.until('/metrics', /log_current 1/);
    },
  },
  'A store is in trouble': {
    async begin(world) {
      await someTraffic(world);
      await world.redis.kill();
      for (let index = 0; index < 3; index++) await world.ask(`Question ${index}`);
      await world.until('/metrics', /store_trouble_total\{.*\} [1-9]/);
    },
  },
  'The secrets differ': {
    async begin(world) {
      world.gateway = await world.another({ ASKONCE_SECRET: 'another secret than the others have' });
    },
  },
  'SQLite is locked': {
    redis: false,
    environment: { ASKONCE_STORE_BUDGET_MS: '200' },
    async begin(world) {
      await asking(world);
      await lockedByAnother(join(world.dataDir, 'askonce.db'));
      await world.ask('Closed?');
      await world.until('/metrics', /store_trouble_total\{store="sqlite".*\} [1-9]/);
    },
  },
  'SQLite is damaged': {
    redis: false,
    async begin(world) {
      await asking(world);
      await world.gateway.end('SIGTERM');
      writeFileSync(join(world.dataDir, 'askonce.db'), randomBytes(50_000));
      world.gateway = await world.another();
    },
  },
  'The disk is full': {
    redis: false,
    under: 'ulimit -f 1500; exec',
    async begin(world) {
      world.provider.text = 'x'.repeat(20_000);
      for (let index = 0; index < 120; index++) await world.ask(`Question ${index}`);
    },
  },
  'The ledger cannot be written': {
    environment: { DATABASE_URL: 'postgresql://askonce@127.0.0.1:9/askonce' },
    async begin(world) {
      await someTraffic(world);
      await world.until('/cache/health', degraded('ledger'));
    },
  },
  'Maintenance fails': { begin: someTraffic },
  'Memory grows': { begin: someTraffic },
  'The semantic tier is off': {},
  'The semantic tier serves wrong answers': {
    redis: false,
    environment: {
      ENABLE_SEMANTIC_CACHE: 'on',
      SEMANTIC_UPPER: '0.6',
      SEMANTIC_GUARDS: 'none',
      SEMANTIC_GATES: 'none',
    },
    async begin(world) {
      world.words['ASKONCE-MATCH'] = await semanticMatch(world);
    },
  },
  'An erasure is not done': {
    async begin(world) {
      await world.ask('Open?', { 'askonce-user': 'ada' });
      await world.redis.kill();
    },
  },
  'The clock is wrong': {},
  'Restart a gateway': {
    async after(world) {
      expect(await world.gateway.ended).toEqual({ code: 0, signal: null });
    },
  },
  'A key has leaked': { begin: someTraffic },
};

const alertRules = z.looseObject({
  groups: z.array(
    z.looseObject({
      rules: z.array(
        z.looseObject({
          alert: z.string().optional(),
          labels: z.record(z.string(), z.string()).default({}),
          annotations: z.looseObject({ runbook_url: z.string().optional() }).default({}),
        }),
      ),
    }),
  ),
});

describe('the operations runbook', () => {
  it('the operations runbook has a scene for each section with commands, and no other', () => {
    const sections = new Set(commandsOf(page(path)).map(({ heading }) => heading));
    expect(Object.keys(scenes).toSorted()).toEqual([...sections].toSorted());
  });

  it('the operations runbook has a row for each alert, which leads where the alert does, and no other', () => {
    const runbook = page(path);
    const rows = tableRows(section(runbook, 'By alert'), 'alert').map(([name, severity, link]) => ({
      alert: code(name),
      severity,
      runbook_url: /\]\((#[\w-]+)\)/.exec(link ?? '')?.[1]?.replace('#', `${path}#`),
    }));
    const { groups } = alertRules.parse(parse(page('deploy/prometheus/rules.yml').text));
    const alerts = groups
      .flatMap(({ rules }) => rules)
      .flatMap(({ alert, labels, annotations }) =>
        alert === undefined ? [] : [{ alert, severity: labels['severity'], ...annotations }],
      )
      .map(({ alert, severity, runbook_url }) => ({ alert, severity, runbook_url }));
    const named = (one: { readonly alert: string }, other: { readonly alert: string }) =>
      one.alert.localeCompare(other.alert);
    expect(rows.toSorted(named)).toEqual(alerts.toSorted(named));
    const anchors = anchorsOf(runbook);
    for (const { alert, runbook_url } of rows)
      expect([alert, anchors.has(runbook_url?.split('#')[1] ?? '')]).toEqual([alert, true]);
  });

  for (const [heading, { begin, after, ...options }] of Object.entries(scenes))
    it(`the commands under "${heading}" print what the runbook shows`, async () => {
      const world = await startWorld(options);
      await begin?.(world);
      await world.follow(path, heading);
      await after?.(world);
    }, 60_000);
});
