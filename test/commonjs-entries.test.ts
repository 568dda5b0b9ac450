/**
 * The modules of CommonJS that the build writes beside the entries of a package.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeCommonJs } from '../scripts/build/commonjs.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/** A built package of one entry. */
function packageOf(files: Readonly<Record<string, string>>, require: object | undefined = entry): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'dist'));
  const exports = { '.': { ...(require && { require }), default: './dist/index.js' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ exports }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'dist', name), text);
  return folder;
}

const entry = { types: './dist/index.d.cts', default: './dist/index.cjs' };
const written = (folder: string, name: string) => readFileSync(join(folder, 'dist', name), 'utf8');

it('types are passed on, values have the type that they have in the module, and a class is both', () => {
  const folder = packageOf({
    'index.d.ts': `
      /** export declare const comment: 1; */
export { type Shape, make, Thing as Named } from './things.ts';
export type { Other } from './things.ts';
export declare const limit = 1;
`,
    'things.d.ts': `export interface Shape {}
export type Other = 1;
export declare function make(): Shape;
export declare class Thing {}
`,
  });
  writeCommonJs(folder);
  const text = written(folder, 'index.d.cts');
  expect(text).toContain(
    "export type { Shape, Other } from './index.js' with { 'resolution-mode': 'import' };",
  );
  const values = Array.from(
    text.matchAll(/^export declare const (\w+): typeof import\('.\/index.js'/gm),
    ([, name]) => name,
  );
  expect(values).toEqual(['make', 'Named', 'limit']);
  expect(Array.from(text.matchAll(/^export type (\w+) =/gm), ([, name]) => name)).toEqual(['Named']);
  expect(written(folder, 'index.cjs')).toContain("module.exports = require('./index.js');");
});

it('a class that extends one of another package has declarations of its own', () => {
  const folder = packageOf({
    'index.d.ts': `export { Own } from './own.ts';\n`,
    'own.d.ts': `import { Base } from 'framework';
import { type Shape } from './things.ts';
export declare class Own extends Base<Shape> {}
`,
  });
  writeCommonJs(folder);
  expect(written(folder, 'index.d.cts')).toContain("export { Own } from './own.cjs';");
  expect(written(folder, 'own.d.cts')).toBe(`import { Base } from 'framework';
import type { Shape } from './things.js' with { 'resolution-mode': 'import' };
export declare class Own extends Base<Shape> {}
`);
});

it('modules of entries that are no more are removed', () => {
  const folder = packageOf({
    'index.d.ts': 'export declare const a = 1;\n',
    'gone.cjs': '',
    'gone.d.cts': '',
  });
  writeCommonJs(folder);
  expect(
    ['index.cjs', 'index.d.cts', 'gone.cjs', 'gone.d.cts'].map((name) =>
      existsSync(join(folder, 'dist', name)),
    ),
  ).toEqual([true, true, false, false]);
});

it.each([
  ['no condition for CommonJS', 'export declare const a = 1;\n', {}, 'put "require"'],
  ['a star', "export * from './things.ts';\n", entry, 'exports by a star'],
  ['a name of another package', "export { it } from 'framework';\n", entry, 'wrap it'],
  ['a class with parameters', 'export declare class Box<T> {}\n', entry, 'two names'],
  ['nothing', 'export {};\n', entry, 'exports nothing'],
])('an entry with %s is refused', (_what, text, require, message) => {
  expect(() => writeCommonJs(packageOf({ 'index.d.ts': text }, require))).toThrow(message);
});
