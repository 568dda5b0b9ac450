import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** The packages that a fresh process has loaded after importing a subpath. */
function loadedBy(subpath: string): readonly string[] {
  const script = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({
      load(url, context, next) {
        const found = /node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url)?.[1];
        if (found) seen.add(found);
        return next(url, context);
      },
    });
    await import(${JSON.stringify(subpath)});
    console.log(JSON.stringify([...seen]));
  `;
  const flags = ['--conditions=askonce-source', '--input-type=module', '--eval', script];
  const cwd = join(import.meta.dirname, '..', '..', '..');
  const loaded: unknown = JSON.parse(execFileSync(process.execPath, flags, { cwd, encoding: 'utf8' }));
  return Array.isArray(loaded) ? loaded.map(String) : [];
}

it('importing askonce alone loads no package for HTTP headers, and no store’s client', () => {
  const loaded = loadedBy('askonce');
  expect(loaded).toContain('zod');
  expect(loaded).not.toContain('structured-headers');
  expect(loaded).not.toContain('ioredis');
});

it('importing askonce/fetch loads the parser of structured headers', () => {
  expect(loadedBy('askonce/fetch')).toContain('structured-headers');
});

it('importing askonce/ledger loads neither the list of prices nor the client of PostgreSQL', () => {
  const loaded = loadedBy('askonce/ledger');
  expect(loaded).toContain('zod');
  expect(loaded).not.toContain('@pydantic/genai-prices');
  expect(loaded).not.toContain('pg');
});

it('importing askonce/pgvector loads no client of PostgreSQL', () => {
  const loaded = loadedBy('askonce/pgvector');
  expect(loaded).toContain('lru-cache');
  expect(loaded).not.toContain('pg');
});
