/**
 * What importing `askonce/nestjs` loads.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from '../support/pages.ts';

const run = promisify(execFile);

const program = `
import { registerHooks } from 'node:module';
const loaded = new Set();
registerHooks({
  load(url, context, next) {
    const [, name] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)\\/(?!.*node_modules)/.exec(url) ?? [];
    if (name !== undefined) loaded.add(name);
    return next(url, context);
  },
});
const { AskonceModule } = await import('askonce/nestjs');
AskonceModule.forRoot();
console.log([...loaded].join(' '));
`;

it('importing askonce/nestjs loads no platform, no Terminus and no framework but Nest', async () => {
  const args = ['--conditions=askonce-source', '--input-type=module', '--eval', program];
  const { stdout } = await run(process.execPath, args, { cwd: root });
  const loaded = stdout.trim().split(' ');
  expect(loaded).toEqual(expect.arrayContaining(['@nestjs/common', '@nestjs/core', 'rxjs']));
  const others =
    /^(?:@nestjs\/(?!common$|core$)|express$|fastify$|hono$|@langchain|@ai-sdk|ai$|ioredis$|pg$|openai$)/;
  expect(loaded.filter((name) => others.test(name))).toEqual([]);
});
