/**
 * Every example runs as it is, and prints what it says.
 */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from './support/pages.ts';

const run = promisify(execFile);

/** What each prints, line by line. */
const printed: Readonly<Record<string, readonly string[]>> = {
  'ai-sdk.ts': [
    "{ kind: 'forward', reason: 'miss', stored: true }",
    "{ kind: 'hit', ttl: 604800, detail: 'memory' }",
    'true 1 provider call',
  ],
  'anthropic-through-the-gateway.ts': [
    'a story → askonce; fwd=miss',
    'a story → askonce; hit; ttl=3600; detail="memory"',
    'a story → askonce; fwd=request',
    'a story → askonce; fwd=bypass; detail="sensitive"',
    'another user, only if cached → 504 timeout_error',
    '3 provider calls',
  ],
  'ask.ts': [
    '  miss',
    '  provider-call',
    '  stored',
    '  provider-answer',
    '  answered',
    'askonce; fwd=miss; stored {"city":"Lisbon","sky":"clear"}',
    '  hit',
    'askonce; hit; ttl=3600; detail="memory" {"city":"Lisbon","sky":"clear"}',
    '1 entry, 1 hit',
  ],
  'cache-a-function.ts': [
    'Ada likes engines and poetry.',
    'Ada likes engines and poetry.',
    '1 call',
    '2 calls',
  ],
  'endpoint.ts': [
    '/prices/7 askonce; fwd=miss; stored',
    '/prices/7 askonce; hit; ttl=60; detail="memory"',
    '/prices/8 askonce; fwd=miss; stored',
  ],
  'express.ts': [
    '/prices/7 askonce; fwd=miss; stored',
    '/prices/7 askonce; hit; ttl=60; detail="memory"',
    '/prices/8 askonce; fwd=miss; stored',
  ],
  'fastify.ts': [
    '/prices/7 askonce; fwd=miss; stored',
    '/prices/7 askonce; hit; ttl=60; detail="memory"',
    '/prices/8 askonce; fwd=miss; stored',
  ],
  'hono.ts': [
    '/prices/7 askonce; fwd=miss; stored',
    '/prices/7 askonce; hit; ttl=60; detail="memory"',
    '/prices/8 askonce; fwd=miss; stored',
  ],
  'langchain.ts': ['the same answer', '1 provider call'],
  'openai-through-the-gateway.ts': [
    'Is the shop open on Sunday? → askonce; fwd=miss; stored',
    'Is the shop open on Sunday? → askonce; hit; ttl=604800; detail="memory"',
    'three at once → 1 provider call',
    'the stored answer as a stream: event by event',
    'two embeddings → askonce; fwd=miss; stored; detail="0/2"',
    'and a third → askonce; fwd=miss; stored; detail="2/3"',
    '4 provider calls',
  ],
  'own-protocol.ts': [
    'askonce; fwd=miss 3 lines',
    'askonce; hit; ttl=3600; detail="memory" 3 lines',
    'askonce; hit; ttl=3600; detail="converted" 1 lines',
  ],
  'own-store.ts': [
    'askonce; fwd=miss; stored',
    'askonce; hit; ttl=604800; detail="memory"',
    'askonce; hit; ttl=604800; detail="map"',
  ],
  'sdk-with-caching-fetch.ts': [
    'OpenAI → askonce; fwd=miss; stored',
    'OpenAI → askonce; hit; ttl=604800; detail="memory"',
    'Anthropic → askonce; fwd=miss; stored',
    'Anthropic → askonce; hit; ttl=604800; detail="memory"',
    '2 provider calls',
  ],
  'values.ts': ['forward', 'hit 180', 'A quiet double room. A quiet double room.', '2 answers invalidated'],
};

/** `ttl` counts down from the first millisecond on, which must not show on a slow machine. */
function withoutSeconds(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replace(/ttl(=|: )\d+/, 'ttl$1…'));
}

describe('the examples', () => {
  for (const [name, lines] of Object.entries(printed)) {
    it(`the example ${name} runs by itself and prints what it says`, async () => {
      const { HOME, PATH } = process.env;
      const { stdout } = await run(process.execPath, ['--conditions=askonce-source', `examples/${name}`], {
        cwd: root,
        timeout: 60_000,
        // Nothing of the environment of the tests: neither keys nor addresses.
        env: { HOME, PATH },
      });
      expect(withoutSeconds(stdout.trimEnd().split('\n'))).toEqual(withoutSeconds(lines));
    }, 60_000);
  }

  it('all examples are run', () => {
    const names = globSync('examples/*.ts', { cwd: root }).map((path) => basename(path));
    expect(names.toSorted()).toEqual(Object.keys(printed).toSorted());
  });
});
