/**
 * The commands of README and of every page but the operations runbook, which has a test of its own, run as they are
 * written, against a gateway that was really started. Those that cannot be run say why, and are listed here.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCachedApplication } from './support/cached-application.ts';
import { allPages } from './support/pages.ts';
import { chatRequest } from './support/remembering-provider.ts';
import { commandsOf } from './support/runbook/commands.ts';
import { semanticMatch } from './support/runbook/semantic-match.ts';
import { startWorld, type World, type WorldOptions } from './support/runbook/world.ts';

const pages = allPages().filter(({ path }) => path !== 'docs/runbooks/operations.md');
const commands = allPages().flatMap(commandsOf);
const asked = 'How do I change my password?';

interface Scene extends WorldOptions {
  /** Makes what the page's commands need. */
  readonly begin?: (world: World) => Promise<void>;
}

/** Pages whose commands need more than a gateway with SQLite. */
const scenes: Readonly<Record<string, Scene>> = {
  'docs/guide/data-protection.md': {
    async begin(world) {
      await world.ask(asked, { 'askonce-user': 'ada' });
    },
  },
  'docs/guide/deployment.md': {
    redis: true,
    async begin(world) {
      await world.ask(asked);
      await expect.poll(() => readdirSync(world.dataDir)).toContain('ledger.db');
    },
  },
  'docs/guide/gateway.md': {
    async begin(world) {
      await world.embed(['parcel', 'letter']);
    },
  },
  'docs/guide/warming.md': {
    environment: { OPENAI_API_KEY: 'sk-test' },
    async begin(world) {
      writeFileSync(join(world.folder, 'questions.csv'), `question,category\n${asked},account\n`);
      writeFileSync(join(world.folder, 'routes.jsonl'), '{ "url": "/products?page=1" }\n');
      world.words['http://127.0.0.1:3000'] = (await startCachedApplication()).url;
    },
  },
  'docs/guide/top.md': {
    async begin(world) {
      world.words['https://gateway.internal:9000'] = world.gateway.url;
    },
  },
  'docs/guide/semantic.md': {
    environment: {
      ENABLE_SEMANTIC_CACHE: 'on',
      SEMANTIC_UPPER: '0.6',
      SEMANTIC_GUARDS: 'none',
      SEMANTIC_GATES: 'none',
    },
    async begin(world) {
      const request = { path: '/v1/chat/completions', headers: { authorization: 'Bearer sk-test' } };
      writeFileSync(
        join(world.folder, 'request.json'),
        JSON.stringify({ ...request, body: JSON.parse(chatRequest(asked)) }),
      );
      writeFileSync(
        join(world.folder, 'pairs.csv'),
        `question,earlier,same\n${asked},How can I change my password?,1\nOpen?,Closed?,0\n`,
      );
      const captured = await world.another({ ASKONCE_CAPTURE: join(world.folder, 'asked.jsonl') });
      for (const text of [asked, 'How can I change my password?', 'Open?'])
        await captured.ask('/v1/chat/completions', chatRequest(text));
      await captured.end('SIGTERM');
      world.words['ASKONCE-MATCH'] = await semanticMatch(world);
    },
  },
  'docs/guide/savings-report.md': {
    async begin(world) {
      await world.ask(asked);
      await world.until('/cache/health', /"ledger":\{"status":"ok"/);
    },
  },
};

for (const { path, headings } of pages.map((one) => ({
  path: one.path,
  headings: [
    ...new Set(
      commandsOf(one)
        .filter(({ notRun }) => notRun === undefined)
        .map(({ heading }) => heading),
    ),
  ],
})))
  if (headings.length > 0)
    it(`the commands of ${path} run, and print what it shows`, async () => {
      const { begin, ...options } = scenes[path] ?? {};
      const world = await startWorld({ redis: false, ...options });
      await begin?.(world);
      for (const heading of headings) await world.follow(path, heading);
    }, 120_000);

it('the commands that are not run are few, and each says why', () => {
  const notRun = commands.filter((each) => each.notRun !== undefined);
  const npm = 'asks the registry of npm';
  expect(notRun.map((each) => `${each.page}: ${each.notRun}`)).toEqual([
    `README.md: ${npm}`,
    'README.md: sets up the repository and runs this very test',
    `docs/guide/deployment.md: ${npm}`,
    'docs/guide/deployment.md: needs systemd',
    'docs/guide/deployment.md: needs Docker',
    `docs/guide/embedders.md: ${npm}`,
    `docs/guide/embedders.md: ${npm}`,
    'docs/guide/embedders.md: pulls a model of 118 MB from a hub',
    `docs/guide/langchain.md: ${npm}`,
    `docs/guide/library.md: ${npm}`,
    `docs/guide/nestjs.md: ${npm}`,
    'docs/reference/semantic-figures.md: takes minutes',
    'docs/reference/semantic-figures.md: takes minutes',
    'docs/reference/semantic-figures.md: takes minutes',
    'docs/runbooks/operations.md: needs systemd',
    'docs/runbooks/operations.md: needs systemd',
    'docs/runbooks/operations.md: needs Docker',
  ]);
  expect(commands.length - notRun.length).toBeGreaterThan(85);
});
