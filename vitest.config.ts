import { availableParallelism } from 'node:os';
import { transform } from '@swc/core';
import { defineConfig } from 'vitest/config';
import { isCi } from './test/support/is-ci.ts';

export default defineConfig({
  plugins: [
    {
      name: 'legacy decorators, and the metadata of their types, as Nest compiles them',
      enforce: 'pre',
      async transform(code, id) {
        if (!/\/(?:test\/nestjs|examples\/(?:nestjs|webhook-intents))\/[^?]*\.ts$/.test(id)) return undefined;
        return await transform(code, {
          filename: id,
          sourceMaps: true,
          module: { type: 'es6' },
          jsc: {
            target: 'es2023',
            parser: { syntax: 'typescript', decorators: true },
            transform: { legacyDecorator: true, decoratorMetadata: true },
          },
        });
      },
    },
  ],
  resolve: { conditions: ['askonce-source', 'node', 'import', 'module', 'default'] },
  ssr: { resolve: { conditions: ['askonce-source', 'node', 'module', 'default'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/support/redis-services.ts', 'test/support/postgres-services.ts'],
    environment: 'node',
    // By default one less than there are cores, which on two of them is one file after another: most tests wait.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Ten times what the longest of most files takes: a busy machine is no failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // A test that passes only on its second run is reported, with its error. A property that fails (fast-check) has found a
    // counterexample, which the next run may not find.
    retry: isCi ? { count: 1, condition: /^(?!Property failed)/ } : 0,
    restoreMocks: true,
    unstubEnvs: true,
    expect: { requireAssertions: true, poll: { timeout: 10_000, interval: 25 } },
    coverage: {
      provider: 'v8',
      include: ['packages/askonce/src/{identity,entry,ledger/pricing}/**/*.ts'],
      exclude: ['**/*.test.ts'],
      reporter: ['text', 'json-summary'],
      thresholds: { 100: true },
    },
  },
});
