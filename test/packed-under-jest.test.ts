/**
 * `askonce/nestjs` under Jest, in a project as Nest 11 sets it up: specs in TypeScript, compiled to CommonJS by ts-jest.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fencesOf, page, root } from './support/pages.ts';

const run = promisify(execFile);
/** Installing goes through the registry that npm is configured for. */
const patienceMs = 300_000;

/** Nest of the major that comes with Jest, whose own packages are CommonJS. */
const installed = [
  '@nestjs/common@11.2.10',
  '@nestjs/core@11.2.10',
  '@nestjs/platform-express@11.2.10',
  '@nestjs/testing@11.2.6',
  'jest@30.5.2',
  'reflect-metadata@0.2.2',
  'rxjs@7.8.2',
  'ts-jest@29.4.15',
  'typescript@5.9.3',
];

const compilerOptions = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  target: 'ES2023',
  esModuleInterop: true,
  isolatedModules: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  strictNullChecks: true,
  skipLibCheck: true,
};

const jest = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  rootDir: 'src',
  testRegex: '.*\\.spec\\.ts$',
  // Jest's globals have no types here, since only a few packages are installed.
  transform: { '^.+\\.(t|j)s$': ['ts-jest', { diagnostics: false }] },
  testEnvironment: 'node',
};

const spec = `
import { Controller, Get, type INestApplication, Module, Param } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AskonceError, createCache } from 'askonce';
import { AskonceModule, Cached, cacheToken } from 'askonce/nestjs';

@Controller('cats')
class CatsController {
  finds = 0;

  @Get(':id')
  @Cached({ ttl: 60 })
  find(@Param('id') id: string) {
    this.finds += 1;
    return { id, finds: this.finds };
  }
}

@Module({ imports: [AskonceModule.forRoot()], controllers: [CatsController] })
class AppModule {}

describe('CatsController', () => {
  let app: INestApplication;
  const cache = createCache();

  beforeEach(async () => {
    const testing = Test.createTestingModule({ imports: [AppModule] });
    const module = await testing.overrideProvider(cacheToken()).useValue(cache).compile();
    app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
  });

  afterEach(() => app.close());

  it('answers the second request from the cache', async () => {
    const url = (await app.getUrl()) + '/cats/7';
    expect(await (await fetch(url)).json()).toEqual({ id: '7', finds: 1 });
    const second = await fetch(url);
    expect(await second.json()).toEqual({ id: '7', finds: 1 });
    expect(second.headers.get('cache-status')).toMatch(/^askonce; hit/);
  });

  it('has one instance of each module', async () => {
    await cache.close();
    const error = await cache.invalidate({ all: true }).catch((reason) => reason);
    expect(error).toBeInstanceOf(AskonceError);
  });
});
`;

const scripts = z.object({ scripts: z.object({ test: z.string() }) });
const reported = z.object({
  numPassedTests: z.number(),
  numTotalTests: z.number(),
  testResults: z.array(z.object({ message: z.string() })),
});

let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'askonce-jest-'));
  await run('npm', ['pack', '--workspace', 'askonce', '--pack-destination', folder], { cwd: root });
  const tarballs = readdirSync(folder).map((name) => join(folder, name));
  const [written = '{}'] = fencesOf(page('docs/guide/nestjs.md'))
    .filter(({ info }) => info === 'json')
    .map(({ text }) => text);
  const { scripts: own } = scripts.parse(JSON.parse(written));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, scripts: own, jest }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src', 'cats.controller.spec.ts'), spec);
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, ...tarballs, ...installed], { cwd: folder });
  return () => rmSync(folder, { recursive: true, force: true });
}, patienceMs);

describe('a project that Nest 11 has set up', () => {
  it('specs load askonce/nestjs under Jest with the script of the page', {
    timeout: patienceMs,
  }, async () => {
    const { stdout } = await run('npm', ['run', '--silent', 'test', '--', '--json'], { cwd: folder });
    const report = reported.parse(JSON.parse(stdout));
    expect(report.testResults.map(({ message }) => message)).toEqual(['']);
    expect([report.numPassedTests, report.numTotalTests]).toEqual([2, 2]);
  });
});
