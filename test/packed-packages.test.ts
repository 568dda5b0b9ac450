/**
 * The packages as they are published: packed, each installed into an empty folder of its own, imported and started there.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { root } from './support/pages.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { publishedFolders, publishedPackage } from './support/unpacked-packages.ts';

const run = promisify(execFile);
/** Installing goes through the registry that npm is configured for. */
const patienceMs = 300_000;

/** The entries of `askonce` that cannot be loaded without a package of the application's own, which they name. */
const needOptionalPackages = {
  'askonce/ai-sdk': 'ai',
  'askonce/hono': 'hono',
  'askonce/langchain': '@langchain/core',
  'askonce/nestjs': 'rxjs',
  'askonce/opentelemetry': '@opentelemetry/api',
  'askonce/redis': 'ioredis',
};

/** The published packages, and those of them that each one installs with it. */
const packages = publishedFolders.map(publishedPackage).map((one, _, all) => ({
  ...one,
  siblings: all.filter(({ name }) => Object.hasOwn(one.dependencies, name)).map(({ name }) => name),
}));
const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];

let base = '';
let tarballs: readonly string[] = [];
/** The folder in which this package is installed, with what it declares. */
const folderOf = (name: string) => join(base, name.replace(/^.*\//, ''));

function tarballOf(name: string): string {
  const start = `${name.replace('@', '').replace('/', '-')}-`;
  const found = tarballs.find((path) => /^\d/.test(basename(path).replace(start, '')));
  if (found === undefined) throw new Error(`${name} was not packed.`);
  return found;
}

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'askonce-packed-'));
  const packed = join(base, 'packed');
  mkdirSync(packed);
  await run('npm', ['pack', '--workspaces', '--pack-destination', packed], { cwd: root });
  tarballs = readdirSync(packed).map((name) => join(packed, name));
  for (const { name, siblings } of packages) {
    const folder = folderOf(name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
    await run('npm', ['install', ...flags, ...[name, ...siblings].map(tarballOf)], { cwd: folder });
  }
  return () => rmSync(base, { recursive: true, force: true });
}, patienceMs);

describe('the packed packages', () => {
  it('each package carries its readme, licence and changelog, and no sources or tests', async () => {
    expect(tarballs).toHaveLength(packages.length);
    for (const tarball of tarballs) {
      const { stdout } = await run('tar', ['-tzf', tarball]);
      const files = stdout.trim().split('\n');
      expect(files).toEqual(
        expect.arrayContaining(['README.md', 'LICENSE', 'CHANGELOG.md'].map((name) => `package/${name}`)),
      );
      expect(files.filter((name) => /^package\/src\/|\.test\.|tsbuildinfo/.test(name))).toEqual([]);
    }
  });

  it('the package of the static embedder carries its table and the notices of what the table was made from', async () => {
    const tarball = tarballs.find((path) => path.includes('embedder-static')) ?? '';
    const { stdout } = await run('tar', ['-tzf', tarball]);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining(['package/assets/static-256.bin', 'package/NOTICE']),
    );
  });

  it('an installed library can be imported, with its subpaths, and caches', async () => {
    const folder = folderOf('askonce');
    writeFileSync(
      join(folder, 'use.js'),
      `import { createCache } from 'askonce';
       import { cachingFetch } from 'askonce/fetch';
       import { csvReport, priceSourceOf, readSqliteLedger, savingsReport, sqliteLedger } from 'askonce/ledger';
       import { sqliteStore } from 'askonce/sqlite';
       const cache = createCache();
       console.log(typeof cachingFetch, typeof sqliteStore, typeof cache.ask);
       await cache.close();
       const ledger = sqliteLedger({ path: 'ledger.db' });
       console.log(await ledger.counters({ from: 0, to: 1, where: {}, by: 'bucket' }));
       await ledger.close();
       const prices = priceSourceOf();
       const report = await readSqliteLedger({ path: 'ledger.db' }, (read) => savingsReport(read, { prices }));
       console.log((await csvReport(report)).split('\\n').length);`,
    );
    const { stdout } = await run(process.execPath, ['use.js'], { cwd: folder });
    // A header, two months, and the end of the last line.
    expect(stdout).toBe('function function function\n[]\n4\n');
  });

  it.each(packages)(
    '$name has in its folder what it declares, and no other of the packages',
    ({ name, siblings }) => {
      const installed = (one: string) => existsSync(join(folderOf(name), 'node_modules', one));
      const present = packages.map((one) => one.name).filter(installed);
      expect(present.toSorted()).toEqual([name, ...siblings].toSorted());
      // What the gateway brings must not stand in for what the library declares.
      expect(installed('find-my-way')).toBe(name === '@askonce/gateway');
    },
  );

  it.each(packages)(
    'every entry of $name can be imported and required with its declared dependencies alone, or names the optional package that it needs',
    async ({ name: from, entries, peerDependencies }) => {
      const names = entries.map(({ name }) => name);
      const folder = folderOf(from);
      writeFileSync(
        join(folder, 'load-all.js'),
        `import { createRequire } from 'node:module';
         const require = createRequire(import.meta.url);
         const missing = {};
         for (const name of ${JSON.stringify(names)})
           for (const load of [(one) => import(one), async (one) => require(one)])
             try {
               await load(name);
             } catch ({ code, message }) {
               (missing[name] ??= []).push([code, message]);
             }
         console.log(JSON.stringify(missing));`,
      );
      const { stdout } = await run(process.execPath, ['load-all.js'], { cwd: folder });
      const failures = z
        .record(z.string(), z.array(z.tuple([z.string(), z.string()])))
        .parse(JSON.parse(stdout));
      const needed = Object.entries(failures).map(([name, reasons]) => {
        const wanted = reasons.map(([code, message]) => {
          expect([name, code, message]).toEqual([name, 'ERR_MODULE_NOT_FOUND', expect.any(String)]);
          return /^Cannot find package '((?:@[^/']+\/)?[^/']+)/.exec(message)?.[1] ?? message;
        });
        // By `import` and by `require` alike.
        expect([name, wanted]).toEqual([name, [wanted[0], wanted[0]]]);
        expect(Object.keys(peerDependencies)).toContain(wanted[0]);
        return [name, wanted[0]] as const;
      });
      expect(Object.fromEntries(needed)).toEqual(from === 'askonce' ? needOptionalPackages : {});
    },
  );

  it('the installed static embedder reads its table', async () => {
    const folder = folderOf('@askonce/embedder-static');
    writeFileSync(
      join(folder, 'embed.js'),
      `import { staticEmbedder } from "@askonce/embedder-static";
       const vector = await staticEmbedder().embed("Where is my order?");
       console.log(vector?.length);`,
    );
    const { stdout } = await run(process.execPath, ['embed.js'], { cwd: folder });
    expect(stdout).toBe('256\n');
  });

  it('npx @askonce/gateway serve starts in the folder, answers, and finds its answers again when it is restarted', async () => {
    const folder = folderOf('@askonce/gateway');
    expect(existsSync(join(folder, 'node_modules', '.bin', 'askonce'))).toBe(true);
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
    const data = temporaryFolder();
    const serve = async () => {
      const child = spawn('npx', ['@askonce/gateway', 'serve', '--port', '0'], {
        cwd: folder,
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          PATH: process.env['PATH'],
          HOME: folder,
          LOG_LEVEL: 'warn',
          ASKONCE_DATA_DIR: data,
          OPENAI_BASE_URL: `${provider.url}/v1`,
        },
      });
      const ended = once(child, 'exit');
      const stop = async () => {
        if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
          process.kill(-child.pid, 'SIGTERM');
        await ended;
      };
      onTestFinished(stop);
      const [chunk]: unknown[] = await once(child.stdout, 'data');
      const lines = String(chunk).trimEnd().split('\n');
      expect(lines).toHaveLength(5);
      const url = /listens on (http:\S+)/.exec(lines[0] ?? '')?.[1];
      const ask = () =>
        fetch(`${url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test' },
          body: chatRequest('Is the shop open?'),
        });
      return { ask, stop };
    };
    const first = await serve();
    const answers = [await first.ask(), await first.ask()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[1]?.headers.get('cache-status')).toMatch(/^askonce; hit/);
    await first.stop();
    const second = await serve();
    expect((await second.ask()).headers.get('cache-status')).toMatch(/^askonce; hit/);
    expect(provider.seen).toHaveLength(1);
  });

  it('a local model without its packages costs semantic hits alone, and the doctor says what to install', async () => {
    const folder = folderOf('@askonce/gateway');
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      ASKONCE_DATA_DIR: temporaryFolder(),
      ENABLE_SEMANTIC_CACHE: 'on',
      SEMANTIC_EMBEDDER: 'local',
      SEMANTIC_MODEL: folder,
      OPENAI_BASE_URL: 'http://127.0.0.1:9',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
    };
    await expect(run('npx', ['@askonce/gateway', 'doctor'], { cwd: folder, env })).rejects.toMatchObject({
      stdout: expect.stringMatching(
        /^fail {2}embedder: [^\n]* it needs onnxruntime-node and @huggingface\/tokenizers, which cannot be loaded here; run npm install onnxruntime-node @huggingface\/tokenizers\.$/m,
      ),
    });
  });

  it('npx @askonce/gateway report has what the ledger of the data folder has', async () => {
    const folder = folderOf('@askonce/gateway');
    const dataDir = temporaryFolder();
    const out = join(dataDir, 'savings.md');
    const command = ['@askonce/gateway', 'report', '--month', '2026-11', '--out', out];
    const env = { PATH: process.env['PATH'], HOME: folder, ASKONCE_DATA_DIR: dataDir };
    await expect(run('npx', command, { cwd: folder, env })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^askonce: There is no ledger yet in [^\n]+\n$/),
    });
    await run(process.execPath, ['use.js'], { cwd: folderOf('askonce') });
    copyFileSync(join(folderOf('askonce'), 'ledger.db'), join(dataDir, 'ledger.db'));
    const { stdout } = await run('npx', command, { cwd: folder, env });
    expect(stdout).toBe(`The report of 2026-11 is in ${out}\n`);
    expect(readFileSync(out, 'utf8')).toContain('In November 2026');
  });
});
