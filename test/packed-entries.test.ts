/**
 * Every entry of the packages as they are published, from ES modules, CommonJS and TypeScript, beside all frameworks.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { root } from './support/pages.ts';
import { publishedFolders, publishedPackage, unpackedPackages } from './support/unpacked-packages.ts';

const run = promisify(execFile);
const patienceMs = 300_000;

const known = publishedFolders.map(publishedPackage);
const names = known.flatMap(({ entries }) => entries.map(({ name }) => name));

let folder = '';
beforeAll(async () => {
  const unpacked = await unpackedPackages();
  folder = unpacked.folder;
  return unpacked.remove;
}, patienceMs);

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

describe('every entry of the packages', () => {
  it(
    'every entry is the same module from CommonJS and from ES modules, so that there is one of each',
    async () => {
      const program = write(
        'same.cjs',
        `(async () => {
         const same = {};
         for (const name of ${JSON.stringify(names)}) {
           const required = require(name);
           const imported = await import(name);
           const keys = Object.keys(imported);
           same[name] = keys.length > 0 && keys.every((key) => required[key] === imported[key]);
         }
         console.log(JSON.stringify(same));
       })();`,
      );
      const { stdout } = await run(process.execPath, [program], { cwd: folder });
      expect(JSON.parse(stdout)).toEqual(Object.fromEntries(names.map((name) => [name, true])));
    },
    patienceMs,
  );

  it(
    'no framework is loaded by two entries, and none by askonce itself',
    async () => {
      const hook = fileURLToPath(new URL('support/loaded-packages.mjs', import.meta.url));
      const [library] = known;
      const optional = new Set(Object.keys(library?.peerDependencies ?? {}));
      const loadedBy = new Map<string, string[]>();
      for (const { name } of library?.entries ?? []) {
        const program = write('load.mjs', `await import(${JSON.stringify(name)});`);
        const { stderr } = await run(process.execPath, ['--import', hook, program], { cwd: folder });
        const packages = Array.from(stderr.matchAll(/^loaded (.+)$/gm), ([, one = '']) => one);
        expect(packages).toContain('askonce');
        const own = packages.filter((one) => optional.has(one));
        if (name === 'askonce') expect(own).toEqual([]);
        for (const one of own) loadedBy.set(one, [...(loadedBy.get(one) ?? []), name]);
      }
      expect(loadedBy.get('@langchain/core')).toEqual(['askonce/langchain']);
      expect([...loadedBy].filter(([, entries]) => entries.length > 1)).toEqual([]);
    },
    patienceMs,
  );

  const settings = [
    ['node16', ['--module', 'node16', '--moduleResolution', 'node16'], ['cts', 'mts']],
    ['nodenext', ['--module', 'nodenext', '--moduleResolution', 'nodenext'], ['cts', 'mts']],
    ['bundler', ['--module', 'preserve', '--moduleResolution', 'bundler'], ['mts']],
  ] as const;

  it.each(settings)(
    'the types of every entry resolve under %s, and are sound',
    async (_name, options, kinds) => {
      const files = kinds.map((kind) => write(`consumer.${kind}`, consumer()));
      const common = [
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        'false',
        '--target',
        'es2022',
        '--types',
        'node',
      ];
      const compiled = await run(
        join(root, 'node_modules/.bin/tsc'),
        [...common, ...decorating, ...options, ...files],
        { cwd: folder },
      ).catch((error: unknown) => z.object({ stdout: z.string() }).parse(error));
      // The frameworks' own faults are reported at their own files, which are outside of the folder.
      const own = compiled.stdout.split('\n').filter((line) => /^(?:node_modules|consumer)/.test(line));
      expect(own).toEqual([]);
    },
    patienceMs,
  );

  it(
    'a wrong use of a class or function is an error of types, also from CommonJS',
    async () => {
      const text = `import { AskonceError, createCache } from 'askonce';
      export const wrong: number = createCache();
      export const code: number = new AskonceError('closed', '').code;`;
      const files = ['wrong.cts', 'wrong.mts'].map((name) => write(name, text));
      const options = ['--noEmit', '--strict', '--module', 'node16', '--types', 'node', ...files];
      const compiled = await run(join(root, 'node_modules/.bin/tsc'), options, { cwd: folder }).catch(
        (error: unknown) => z.object({ stdout: z.string() }).parse(error),
      );
      const found = Array.from(compiled.stdout.matchAll(/^(wrong\.[cm]ts)\((\d),/gm), ([, file, line]) => [
        file,
        line,
      ]);
      expect(found.toSorted()).toEqual([
        ['wrong.cts', '2'],
        ['wrong.cts', '3'],
        ['wrong.mts', '2'],
        ['wrong.mts', '3'],
      ]);
    },
    patienceMs,
  );
});

/** What frameworks with decorators ask for. */
const decorating = ['--experimentalDecorators', '--emitDecoratorMetadata'];

/** Uses every entry, and classes and generic types as a program does. */
function consumer(): string {
  const whole = names.map(
    (name, index) => `import * as all${index} from '${name}';\nexport type All${index} = typeof all${index};`,
  );
  return `${whole.join('\n')}
    import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
    import { AskonceError, type Cache, createCache, type ErrorCode, type ValueReply } from 'askonce';
    import { AskonceCache, AskonceEmbeddings } from 'askonce/langchain';
    import { Flags } from 'askonce/gateway-kit';

    export const cache: Cache = createCache({ settings: { ttlSeconds: 60 } });
    export class OwnError extends AskonceError {}
    export const codeOf = (error: unknown): ErrorCode | undefined =>
      AskonceError.isInstance(error) ? error.code : undefined;
    export const valueOf = (reply: ValueReply<{ readonly a: number }>): number => reply.value.a;
    export const flagsOf = (flags: Flags): Flags => flags;
    const answers: AskonceCache = new AskonceCache(cache, { directives: { ttl: 60 } });
    export const model = new ChatOpenAI({ model: 'gpt-4.1-mini', cache: answers });
    export const embeddings = new AskonceEmbeddings(new OpenAIEmbeddings({}), cache);
  `;
}
