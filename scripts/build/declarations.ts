/**
 * What the compiler's declarations of a module export, and which of it is a value, a type or both.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file of declarations, and its text without comments. */
export interface Declarations {
  readonly file: string;
  readonly text: string;
}

export interface Exported {
  readonly isValue: boolean;
  readonly isType: boolean;
  /** Set for a class that extends one of another package: the declarations in which it is. */
  readonly extending?: Declarations | undefined;
}

/** The declarations of a module: `dist/index.js`, or `./index.ts` as the compiler writes it in declarations. */
export function declarationsOf(module: string): Declarations {
  const file = module.replace(/\.[jt]s$/, '.d.ts');
  return { file, text: readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '') };
}

const lists = /^export (type )?\{([^}]*)\}(?: from '([^']+)')?/gm;
const declared =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function|const|class|interface|type|let|var) (\w+)/gm;

/** The names that a module exports. @throws Error for an export that is not by name, or whose kind is not known. */
export function exportsOf(source: Declarations): ReadonlyMap<string, Exported> {
  const { file, text } = source;
  if (/^export (?:type )?\*/m.test(text)) throw new Error(`${file} exports by a star; name what it exports.`);
  const found = new Map<string, Exported>();
  for (const [, type, list = '', from] of text.matchAll(lists)) {
    for (const one of list.split(',').map((item) => item.trim())) {
      if (one === '') continue;
      const [, own, name, as = name] = /^(type )?(\w+)(?: as (\w+))?$/.exec(one) ?? [];
      if (name === undefined || as === undefined)
        throw new Error(`${file} has an export that is not understood: ${one}`);
      const isTypeAlone = type !== undefined || own !== undefined;
      found.set(as, isTypeAlone ? { isValue: false, isType: true } : passedOn(source, name, from));
    }
  }
  for (const [, name = ''] of text.matchAll(declared)) found.set(name, declaredAs(source, name));
  return found;
}

/** What a name is that a module passes on from another, or that it declares before it exports it. */
function passedOn(source: Declarations, name: string, from: string | undefined): Exported {
  if (from === undefined) {
    const imported = importOf(source, name);
    return imported === undefined ? declaredAs(source, name) : passedOn(source, imported.name, imported.from);
  }
  // Whether it is a type as well is not known from here.
  if (!from.startsWith('.')) throw new Error(`${source.file} passes on ${name} of ${from}; wrap it.`);
  const kind = exportsOf(declarationsOf(join(dirname(source.file), from))).get(name);
  if (kind === undefined) throw new Error(`${from} does not export ${name}, which ${source.file} passes on.`);
  return kind;
}

function importOf({ text }: Declarations, name: string) {
  for (const [, list = '', from = ''] of text.matchAll(/^import (?:type )?\{([^}]*)\} from '([^']+)'/gm)) {
    const own = list.split(',').find((one) => new RegExp(`(?:^|\\s)${name}\\s*$`).test(one));
    const [original] =
      own
        ?.trim()
        .replace(/^type /, '')
        .split(/\s/) ?? [];
    if (original !== undefined) return { name: original, from };
  }
  return undefined;
}

/** What a declaration in the module itself makes of a name. A class is a value and a type. */
function declaredAs(source: Declarations, name: string): Exported {
  const { file, text } = source;
  const declares = (words: string) =>
    new RegExp(`^(?:export )?(?:declare )?${words} ${name}\\b`, 'm').test(text);
  const isClass = declares('(?:abstract )?class');
  const isType = isClass || declares('(?:interface|type)');
  const isValue = isClass || declares('(?:async )?(?:function|const|let|var)');
  if (!isType && !isValue) throw new Error(`${file} does not declare ${name}.`);
  const extending = isClass && extendsOfOthers(source, name) ? source : undefined;
  if (
    isValue &&
    isType &&
    extending === undefined &&
    new RegExp(`(?:class|interface|type) ${name}<`).test(text)
  )
    throw new Error(`${file}: ${name} is a value, and a type with parameters; export these under two names.`);
  return { isValue, isType, extending };
}

function extendsOfOthers(source: Declarations, name: string): boolean {
  const [, base] = new RegExp(`class ${name}(?:<[^{]*>)? extends (\\w+)`).exec(source.text) ?? [];
  const from = base === undefined ? undefined : importOf(source, base)?.from;
  return from !== undefined && !from.startsWith('.');
}
