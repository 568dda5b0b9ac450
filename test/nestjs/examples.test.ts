/**
 * The examples for Nest, compiled by TypeScript as Nest has it done, run by themselves and print what they say.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/pages.ts';

const run = promisify(execFile);

const printed: Readonly<Record<string, readonly string[]>> = {
  'cats.js': ['askonce; fwd=miss; stored', 'askonce; hit; ttl=…; detail="memory"'],
  'shop.js': [
    '  looks up tea',
    '/prices/tea 200 askonce; fwd=miss; stored {"item":"tea","price":4,"rate":1.1}',
    '/prices/tea 200 askonce; hit; ttl=…; detail="memory" {"item":"tea","price":4,"rate":1.1}',
    '  looks up tea',
    '/prices/tea 200 askonce; fwd=miss; stored {"item":"tea","price":5,"rate":1.1}',
    '  looks up tea',
    '/prices/tea 200 askonce; fwd=miss; stored {"item":"tea","price":6,"rate":1.1}',
    '/basket 403 no cache {"message":"Forbidden resource","error":"Forbidden","statusCode":403}',
    '  reads a basket',
    '/basket 200 askonce; fwd=miss; stored []',
    '  reads a basket',
    '/basket 200 askonce; fwd=miss; stored []',
    '/basket 200 askonce; hit; ttl=…; detail="memory" []',
    '/health 200 no cache',
  ],
};

describe('examples for Nest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-nest-'));

  beforeAll(async () => {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const compilerOptions = {
      ...{ noEmit: false, outDir: 'out', rootDir: root, noCheck: true },
      // What is imported by its source is compiled, too; it is not what the program then imports.
      ...{ allowImportingTsExtensions: false, rewriteRelativeImportExtensions: true },
    };
    const files = [join(root, 'examples/nestjs/cats.ts'), join(root, 'examples/nestjs/shop.ts')];
    const project = { extends: join(root, 'examples/nestjs/tsconfig.json'), compilerOptions, include: files };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
    await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]);
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.entries(printed))(
    'the example %s prints what it says',
    async (name, lines) => {
      const program = join(folder, 'out/examples/nestjs', name);
      const { HOME, PATH } = process.env;
      const { stdout } = await run(process.execPath, ['--conditions=askonce-source', program], {
        timeout: 60_000,
        env: { HOME, PATH },
      });
      expect(
        stdout
          .trimEnd()
          .replaceAll(/ttl=\d+/g, 'ttl=…')
          .split('\n'),
      ).toEqual(lines);
    },
    60_000,
  );
});
