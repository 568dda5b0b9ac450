/**
 * What the pages tell readers to type, click and copy works.
 */
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import packageFile from '../package.json' with { type: 'json' };
import { readGatewaySettings } from '../packages/gateway/src/settings/read.ts';
import { allPages, anchorsOf, fencesOf, linksOf, page, root } from './support/pages.ts';

const run = promisify(execFile);
const pages = allPages();
const fences = pages.flatMap(fencesOf);
const of = (language: string) => fences.filter(({ info }) => info.split(' ', 1)[0] === language);

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-pages-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** All `npm …` and `npx …` that the pages name, in blocks and in running text. */
function commands(): readonly (readonly string[])[] {
  const inBlocks = of('sh').flatMap(({ text }) => text.replace(/(?:\\|(?<=\|))\n/g, ' ').split('\n'));
  const inline = pages.flatMap(({ text }) =>
    [...text.matchAll(/`(np[mx] [^`]+)`/g)].map(([, one = '']) => one),
  );
  return [...inBlocks, ...inline].map((line) => line.trim().split(/\s+/)).filter(([tool]) => tool !== '');
}

describe('links and snippets of the pages', () => {
  it('every link of the pages leads somewhere', () => {
    const broken = pages.flatMap((one) =>
      linksOf(one).flatMap(({ target, anchor }) => {
        if (!existsSync(join(root, target))) return [`${one.path} → ${target}`];
        const known = anchor === '' || anchorsOf(page(target)).has(anchor);
        return known ? [] : [`${one.path} → ${target}#${anchor}`];
      }),
    );
    expect(broken).toEqual([]);
    expect(pages.flatMap(linksOf).length).toBeGreaterThan(30);
  });

  it('the pages name only tools that tests check or run', () => {
    const tools = new Set(commands().map(([tool]) => tool));
    const run = [
      'askonce',
      'df',
      'echo',
      'find',
      'kill',
      'ls',
      'openssl',
      'psql',
      'redis-cli',
      'rm',
      'sqlite3',
    ];
    const notRun = ['cp', 'docker', 'journalctl', 'systemctl'];
    expect([...tools].toSorted()).toEqual(['curl', 'export', 'npm', 'npx', ...run, ...notRun].toSorted());
  });

  it('the pages name only existing npm scripts', () => {
    const scripts = commands().flatMap(([tool, verb = '', name = '']) =>
      tool !== 'npm' || verb === 'ci' || verb === 'install' ? [] : [verb === 'run' ? name : verb],
    );
    expect(scripts.filter((name) => !Object.hasOwn(packageFile.scripts, name))).toEqual([]);
    expect(scripts).toContain('start');
  });

  it('the pages name only existing commands, options and examples', async () => {
    const called = commands().filter(([tool]) => tool === 'npx');
    expect(called.length).toBeGreaterThan(2);
    // Each verb once: a program takes a while to start.
    const optionsOf = new Map<string, readonly string[]>();
    for (const [, program, verb = '', ...options] of called) {
      // The library's package has no program of its own.
      expect(program).not.toBe('askonce');
      if (program === 'node') {
        expect([verb, existsSync(join(root, verb))]).toEqual([verb, true]);
        continue;
      }
      if (!optionsOf.has(verb)) {
        const main = ['--conditions=askonce-source', 'packages/gateway/src/cli/main.ts', verb, '--help'];
        const help = (await run(process.execPath, main, { cwd: root })).stdout;
        expect(help).toContain(`askonce ${verb}`);
        optionsOf.set(
          verb,
          [...help.matchAll(/--([a-z][a-z-]*)/g)].map(([, name = '']) => name),
        );
      }
      const named = options.filter((word) => word.startsWith('--')).map((word) => word.slice(2));
      expect(named.filter((name) => !optionsOf.get(verb)?.includes(name))).toEqual([]);
    }
  }, 60_000);

  it('the settings files on the pages are accepted by the gateway', () => {
    const folder = temporaryFolder();
    const files = of('yaml');
    expect(files.length).toBeGreaterThan(1);
    for (const { text, page: where } of files) {
      const config = join(folder, 'askonce.config.yaml');
      writeFileSync(config, text);
      const { masks, providers, fallbacks } = readGatewaySettings({ config, workingDirectory: folder });
      expect([where, masks.length + providers.length + fallbacks.length > 0]).toEqual([where, true]);
    }
  });

  it('the pages use none of the words that have a plain equivalent', () => {
    const avoided =
      /\b(?:told|whoever|whom|nobody|somebody|tak(?:e|es|en|ing) back|by hand|to be had|by and by)\b/i;
    const prose = pages.map(({ path, text }) => ({ path, text: text.replace(/```.*?```|`[^`]*`/gs, '') }));
    expect(
      prose.flatMap(({ path, text }) => avoided.exec(text)?.map((word) => `${path}: ${word}`) ?? []),
    ).toEqual([]);
  });

  it('no source, test or program of the repository uses a word that has a plain equivalent', () => {
    const avoided =
      /\b\w*(?:told|Told|Candidacy|Departure)(?![a-z])\w*|\b(?:[Ww]ho(?:ever|m)|[Nn]obody|by and by|to be had|(?:take|taken|taking) back|standing[- ]in)\b/g;
    const own = 'test/snippets.test.ts';
    // Words of questions, as people write them.
    const wordList =
      /^packages\/askonce\/src\/semantic\/(?:(?:guards|gates)\/lists\/|text\/(?:function-words\.ts$|politeness\/))/;
    const sources = globSync('{packages,test,bench,demo,examples,scripts}/**/*.{ts,mts,js,mjs,html,css}', {
      cwd: root,
      exclude: (path) => /(?:^|\/)(?:node_modules|dist|coverage)$/.test(path),
    }).filter((path) => path !== own && !wordList.test(path));
    const found = sources.flatMap((path) =>
      Array.from(page(path).text.matchAll(avoided), ([word]) => `${path}: ${word}`),
    );
    expect(found).toEqual([]);
    expect(sources.length).toBeGreaterThan(500);
  });

  it('the guide of the library names every export of askonce', () => {
    const exported = Array.from(
      page('packages/askonce/src/index.ts').text.matchAll(/\{([^}]+)\}/g),
      ([, names = '']) => names.split(',').map((name) => name.replace(/^\s*type /, '').trim()),
    ).flat();
    const guide = page('docs/guide/library.md').text;
    expect(exported.filter((name) => name !== '' && !new RegExp(`\\b${name}\\b`).test(guide))).toEqual([]);
    expect(exported.length).toBeGreaterThan(40);
  });

  it('pieces of programs on the pages are pieces of those programs', () => {
    const pieces = of('ts').filter(({ info }) => info !== 'ts');
    expect(pieces.length).toBeGreaterThan(3);
    for (const { info, text } of pieces) {
      const file = info.replace(/^ts /, '');
      expect([file, page(file).text.includes(text.trimEnd())]).toEqual([file, true]);
    }
  });

  it('the TypeScript on the pages compiles', async () => {
    const folder = temporaryFolder();
    const snippets = of('ts').filter(({ info }) => info === 'ts');
    expect(snippets.length).toBeGreaterThan(5);
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const options = {
      noEmit: true,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
    };
    const project = { extends: join(root, 'tsconfig.base.json'), include: ['*.ts'] };
    const compilerOptions = {
      ...options,
      composite: false,
      declaration: false,
      sourceMap: false,
      inlineSources: false,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...project, compilerOptions }));
    for (const [index, { page: where, text }] of snippets.entries())
      writeFileSync(join(folder, `${where.replace(/\W+/g, '-')}-${index}.ts`), text);
    const compiled = await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]).catch((error: unknown) =>
      z.object({ stdout: z.string() }).parse(error),
    );
    expect(compiled.stdout).toBe('');
  }, 120_000);
});
