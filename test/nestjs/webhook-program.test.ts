/** `examples/webhook-intents`, compiled and started as its page says. */
import { execFile, spawn } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { root } from '../support/pages.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

it('the application compiles, starts with what the environment says, and is verified', async () => {
  const folder = temporaryFolder();
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const project = join(root, 'examples/webhook-intents');
  // Checked elsewhere; here the packages need not be built.
  const options = ['--outDir', join(folder, 'dist'), '--noCheck'];
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', project, ...options]);
  const child = spawn(process.execPath, ['--conditions=askonce-source', join(folder, 'dist/main.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...{ PATH: process.env['PATH'], NO_COLOR: '1', NODE_NO_WARNINGS: '1', PORT: '0' },
      ...{ WHATSAPP_APP_SECRET: 'a', WHATSAPP_VERIFY_TOKEN: 'the token', WHATSAPP_PHONE_NUMBER_ID: '1' },
      ...{ WHATSAPP_TOKEN: 't', OPENAI_API_KEY: 'k', ASKONCE_SECRET: 'a secret of this test' },
      ASKONCE_DATA_DIR: join(folder, 'data'),
    },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let port = '';
  for await (const line of createInterface({ input: child.stdout })) {
    port = /listens on http:\/\/[^ ]*:(\d+)/.exec(line)?.[1] ?? '';
    if (port !== '') break;
  }
  const query = 'hub.mode=subscribe&hub.verify_token=the+token&hub.challenge=42';
  const answer = await fetch(`http://127.0.0.1:${port}/webhook?${query}`);
  expect([answer.status, await answer.text()]).toEqual([200, '42']);
}, 120_000);
