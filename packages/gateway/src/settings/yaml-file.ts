/**
 * Reads files of settings and of prices: YAML, or JSON, which is YAML.
 */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { parseDocument } from 'yaml';

const maxFileBytes = 1024 * 1024;

/** Loaded on first use: most gateways have no such file. */
function yaml(): { readonly parseDocument: typeof parseDocument } {
  return createRequire(import.meta.url)('yaml');
}

/**
 * The file's value. `namedBy` says what may have named a file that is not there.
 * @throws Error with a message of one line.
 */
export function readYaml(path: string, namedBy: string): unknown {
  try {
    if (statSync(path).size > maxFileBytes) throw new Error(`is larger than ${maxFileBytes} bytes`);
    // JSON is YAML, and the parser itself limits aliases.
    const document = yaml().parseDocument(readFileSync(path, 'utf8'));
    const [mistake] = document.errors;
    if (mistake !== undefined) throw mistake;
    return document.toJS();
  } catch (error) {
    throw new Error(reasonOf(error, namedBy), { cause: error });
  }
}

/** What is wrong with a file, in one line. */
function reasonOf(error: unknown, namedBy: string): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ENOENT') return `there is no such file; check ${namedBy}`;
  if ('code' in error && error.code === 'EISDIR') return 'is a folder; name a file, or remove it';
  if ('code' in error && error.code === 'EACCES')
    return 'cannot be read by this user; change its permissions';
  return error.message.split('\n', 1).join().replace(/:$/, '');
}
