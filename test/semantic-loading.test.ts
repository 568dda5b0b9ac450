/**
 * A cache without a semantic tier does not load one.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from './support/pages.ts';

const run = promisify(execFile);

/** The modules of the semantic tier that a program loads. */
async function loadedBy(program: string): Promise<readonly string[]> {
  const source = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    ${program}
    console.log(JSON.stringify(loaded));`;
  const words = [
    '--conditions=askonce-source',
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
  ];
  const { stdout } = await run(process.execPath, [...words, '--eval', source], { cwd: root });
  const urls: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  return Array.isArray(urls) ? urls.map(String).filter((url) => url.includes('/src/semantic/')) : [];
}

const ofTier = /\/semantic\/(?:tier|stage|gates\/|guards\/|indexes\/|text\/|judges\/)/;

it('word lists and indexes are loaded by a cache with a semantic tier, and by no other', async () => {
  const without = await loadedBy(`
    const { createCache } = await import('askonce');
    await import('askonce/gateway-kit');
    await createCache().close();`);
  expect(without.filter((url) => ofTier.test(url))).toEqual([]);
  expect(without.length).toBeGreaterThan(0);
  const withTier = await loadedBy(`
    const { createCache } = await import('askonce');
    const embedder = { name: 'none', version: '1', dimension: 2, prefix: '', pooling: '', weights: '', embed: () => undefined };
    const cache = createCache({ semantic: { embedder } });
    await cache.semantic();
    await cache.close();`);
  expect(withTier.filter((url) => ofTier.test(url)).length).toBeGreaterThan(20);
});
