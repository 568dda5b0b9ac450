import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { everyProtocol } from '../../../../test/support/every-protocol.ts';
import { providedProtocol, provideProtocol } from './adapter-protocols.ts';
import { builtInProtocol, protocols, protocolTable } from './protocols.ts';

describe('protocols that adapters bring', () => {
  it('a table that exists knows a protocol from when its adapter provides it, and providing it again changes nothing', () => {
    const { endpoint } = everyProtocol;
    const table = protocolTable();
    expect([table.get('endpoint'), builtInProtocol('endpoint')]).toEqual([undefined, undefined]);
    provideProtocol(endpoint);
    provideProtocol(endpoint);
    expect(table.get('endpoint')).toBe(endpoint);
    expect(builtInProtocol('endpoint')).toBe(endpoint);
    expect(table.names()).toEqual(Object.keys(protocols));
  });

  it('another protocol under the name of a built-in one, or under any other name, is refused', () => {
    const { endpoint, function: ofFunctions } = everyProtocol;
    provideProtocol(endpoint);
    expect(() => provideProtocol({ ...endpoint })).toThrow(TypeError);
    expect(() => provideProtocol(ofFunctions)).toThrow(TypeError);
    expect(() => provideProtocol({ ...endpoint, name: 'mine' })).toThrow(TypeError);
    expect(providedProtocol('endpoint')).toBe(endpoint);
    expect([providedProtocol('function'), providedProtocol('mine')]).toEqual([undefined, undefined]);
  });

  it.each(Object.keys(everyProtocol))('%s is not the name of a protocol of the caller’s own', (name) => {
    const own = { ...everyProtocol.function, name };
    expect(() => protocolTable({ [name]: own })).toThrow(/is the name of a built-in protocol/);
  });
});

/** The modules of the library below a folder that a fresh process loads by a program. */
function loadedBy(program: string): readonly string[] {
  const script = `
    import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({
      load(url, context, next) {
        seen.push(url);
        return next(url, context);
      },
    });
    ${program}
    console.log(JSON.stringify(seen));
  `;
  const flags = ['--conditions=askonce-source', '--input-type=module', '--eval', script];
  const cwd = join(import.meta.dirname, '..', '..', '..', 'gateway');
  const loaded: unknown = JSON.parse(
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...flags], {
      cwd,
      encoding: 'utf8',
    }),
  );
  if (!Array.isArray(loaded)) throw new TypeError('no list');
  return loaded.flatMap((url) => /\/packages\/askonce\/src\/(.*)$/.exec(String(url))?.[1] ?? []);
}

const ofAdapters =
  /^(?:protocol\/(?:ai-sdk|endpoint)\/|protocol\/embedding-function|protocol\/framings\/json-lines|adapters\/(?:ai-sdk|endpoint|express|fastify|hono|nestjs|langchain|embedding-batches)\/)/;

/**
 * What is of use without an adapter: how the names of the SDK's upstreams are written, for prices and spans; the syntax of
 * Cache-Control, which requests of every client may have; and for the gateway's command, the requests that warm routes.
 */
const forAll = [
  'protocol/ai-sdk/upstream.ts',
  'protocol/endpoint/cache-directives.ts',
  'adapters/endpoint/warm.ts',
  'adapters/endpoint/warm-target.ts',
];

it('neither askonce nor the gateway loads the protocols of adapters', () => {
  const library = loadedBy(`await import('askonce');`);
  expect(library).toContain('protocol/protocols.ts');
  expect(library.filter((path) => ofAdapters.test(path) && !forAll.includes(path))).toEqual([]);
  const gateway = loadedBy(`await import('./src/index.ts');`);
  expect(gateway).toContain('gateway-kit.ts');
  expect(gateway.filter((path) => ofAdapters.test(path) && !forAll.includes(path))).toEqual([]);
}, 60_000);

it.each([
  ['askonce/endpoint', 'protocol/endpoint/protocol.ts'],
  ['askonce/ai-sdk', 'protocol/ai-sdk/protocol.ts'],
  ['askonce/ai-sdk', 'protocol/ai-sdk/embeddings.ts'],
  ['askonce/langchain', 'protocol/embedding-function.ts'],
])('%s loads %s', (subpath, path) => {
  expect(loadedBy(`await import(${JSON.stringify(subpath)});`)).toContain(path);
});
