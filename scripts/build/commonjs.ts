/**
 * What CommonJS needs of a package of ES modules. `require` of Node loads an ES module as it is, so that there is one
 * instance of each module; but a compiler takes the types of an ES module only by `import`. Each entry of the package gets
 * a module of CommonJS that passes the ES module on, and declarations that name its exports one by one.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { type Declarations, declarationsOf, exportsOf } from './declarations.ts';

interface Entry {
  readonly default: string;
  readonly require?: object;
}

const generated = /\.(?:cjs|d\.cts)$/;

/**
 * Writes the modules of CommonJS of a built package, and removes those of entries that are no more.
 * @throws Error for an entry without the condition `require`, or with an export that cannot be named.
 */
export function writeCommonJs(folder: string): void {
  const { exports }: { readonly exports: Readonly<Record<string, Entry>> } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  const written = new Set<string>();
  for (const [name, entry] of Object.entries(exports)) {
    checkCondition(`${folder}/package.json`, name, entry);
    const module = join(folder, entry.default);
    const passedOn = `'use strict';\nmodule.exports = require('./${basename(module)}');\n`;
    for (const [file, text] of [[withEnding(module, 'cjs'), passedOn] as const, ...typesOf(module)]) {
      written.add(file);
      if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
    }
  }
  const dist = join(folder, 'dist');
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' }))
    if (generated.test(name) && !written.has(join(dist, name))) rmSync(join(dist, name));
}

function checkCondition(where: string, name: string, entry: Entry): void {
  const wanted = { types: withEnding(entry.default, 'd.cts'), default: withEnding(entry.default, 'cjs') };
  if (JSON.stringify(entry.require) !== JSON.stringify(wanted))
    throw new Error(
      `${where}: put "require": ${JSON.stringify(wanted)} before "types" of "${name}" in exports.`,
    );
}

const asModule = `with { 'resolution-mode': 'import' }`;
const option = `{ ${asModule.replace('with', 'with:')} }`;

/** The declarations of an entry, file by file: a type is passed on, a value has the type that it has in the module. */
function typesOf(module: string): readonly (readonly [file: string, text: string])[] {
  const from = `./${basename(module)}`;
  const names = [...exportsOf(declarationsOf(module))];
  if (names.length === 0) throw new Error(`${module} exports nothing.`);
  const files = new Map<string, string>();
  const lines = ['// The types of the ES module beside this file, for CommonJS.'];
  const types = names.filter(([, { isValue }]) => !isValue).map(([name]) => name);
  if (types.length > 0) lines.push(`export type { ${types.join(', ')} } from '${from}' ${asModule};`);
  for (const [name, { isValue, isType, extending }] of names) {
    if (extending !== undefined) {
      files.set(withEnding(extending.file, 'd.cts'), forCommonJs(extending));
      lines.push(`export { ${name} } from '${pathFrom(module, withEnding(extending.file, 'cjs'))}';`);
      continue;
    }
    if (isValue) lines.push(`export declare const ${name}: typeof import('${from}', ${option}).${name};`);
    if (isValue && isType) lines.push(`export type ${name} = import('${from}', ${option}).${name};`);
  }
  return [[withEnding(module, 'd.cts'), `${lines.join('\n')}\n`], ...files];
}

/**
 * The declarations of a module again, for CommonJS. A class that extends one of another package extends that of CommonJS
 * there: a package that has both (LangChain's) has each class twice, and its protected members make them different types.
 */
function forCommonJs({ file }: Declarations): string {
  const text = readFileSync(file, 'utf8').replaceAll(/^\/\/# sourceMappingURL.*$/gm, '');
  return text.replaceAll(
    /^import (?:type )?\{([^}]*)\} from '(\.[^']+)';/gm,
    (_all, list: string, from: string) => {
      const names = list.split(',').map((name) => name.trim().replace(/^type /, ''));
      return `import type { ${names.join(', ')} } from '${withEnding(from, 'js')}' ${asModule};`;
    },
  );
}

function withEnding(path: string, ending: string): string {
  return path.replace(/(?:\.d)?\.[jt]s$/, `.${ending}`);
}

function pathFrom(module: string, file: string): string {
  const path = relative(dirname(module), file);
  return path.startsWith('.') ? path : `./${path}`;
}
