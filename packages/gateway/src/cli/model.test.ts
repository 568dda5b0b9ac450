import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { startEgressProxy } from '../../../../test/support/egress-proxy.ts';
import { hubCommit, startModelHub } from '../../../../test/support/model-hub.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { tinyModel } from '../../../../test/support/tiny-model.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

function start(words: readonly string[], environment: Readonly<Record<string, string>>) {
  const child = spawn(
    process.execPath,
    ['--conditions=askonce-source', '--disable-warning=ExperimentalWarning', main, 'model', ...words],
    { cwd: temporaryFolder(), env: { PATH: process.env['PATH'], ...environment } },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = once(child, 'close').then(([code]: unknown[]) => ({ code, out, err }));
  return { child, ended };
}

it('askonce model pull prints how far it is, and then the folder of the model', async () => {
  const hub = await startModelHub({ folder: tinyModel(), token: 'hf_secret' });
  const dataDir = temporaryFolder();
  const environment = { ASKONCE_DATA_DIR: dataDir, HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_secret' };
  const folder = join(dataDir, 'models', 'acme--tiny', hubCommit);
  const { code, out, err } = await start(['pull', 'acme/tiny'], environment).ended;
  expect([code, out]).toEqual([0, `${folder}\n`]);
  expect(err).toMatch(
    /^pulling the model acme\/tiny from http[\s\S]*100 % of 1 MB[\s\S]*commit 0123456789ab\)\n$/,
  );
  expect(out + err).not.toContain('hf_secret');
  expect(existsSync(join(folder, 'onnx', 'model.onnx'))).toBe(true);
  const again = await start(['pull', '--json'], {
    ...environment,
    SEMANTIC_EMBEDDER: 'local',
    SEMANTIC_MODEL: 'acme/tiny',
  }).ended;
  expect([again.code, JSON.parse(again.out)]).toMatchObject([
    0,
    { folder, commit: hubCommit, file: 'onnx/model.onnx' },
  ]);
});

it('askonce model pull goes through the proxy of providers, to the store behind the hub, too', async () => {
  const hub = await startModelHub({ folder: tinyModel() });
  const proxy = await startEgressProxy();
  const environment = {
    ASKONCE_DATA_DIR: temporaryFolder(),
    HF_ENDPOINT: hub.url,
    HTTP_PROXY: `http://${proxy.host}`,
  };
  expect((await start(['pull', 'acme/tiny'], environment).ended).code).toBe(0);
  expect(proxy.asked.length).toBe(hub.seen.length);
  expect(proxy.asked.some((line) => line.includes('/store/'))).toBe(true);
});

it.each([
  [[], 1, /^askonce: name what to do: askonce model pull NAME\n$/],
  [['push'], 1, /^askonce: name what to do/],
  [['pull'], 1, /^askonce: name the model, org\/name, or set SEMANTIC_MODEL\n$/],
  [['pull', '../x'], 1, /^[^\n]*\naskonce: "\.\.\/x" is no name of a model[^\n]*\n$/],
  [['pull', 'acme/tiny', 'more'], 2, /^askonce: unexpected argument more/],
  [['pull', 'acme/tiny', '--file', '../x.onnx'], 1, /must be the name of an \.onnx file/],
  [['pull', 'acme/other'], 1, /\naskonce: The hub http:\/\/127\.0\.0\.1:\d+ has no such model[^\n]*\n$/],
])('askonce model %j ends with %i and a line', async (words, code, message) => {
  const hub = await startModelHub({ folder: tinyModel() });
  const environment = { ASKONCE_DATA_DIR: temporaryFolder(), HF_ENDPOINT: hub.url };
  const ended = await start(words, environment).ended;
  expect(ended).toMatchObject({ code, out: '', err: expect.stringMatching(message) });
});

it('askonce model pull that is interrupted ends with 130, and goes on when it is run again', async () => {
  let stalls = 0;
  const hub = await startModelHub({
    folder: tinyModel(),
    fault: (path) => (path.startsWith('/store/') && stalls++ === 0 ? { stallAfter: 100 } : undefined),
  });
  const environment = { ASKONCE_DATA_DIR: temporaryFolder(), HF_ENDPOINT: hub.url };
  const first = start(['pull', 'acme/tiny'], environment);
  await expect.poll(() => stalls).toBe(1);
  first.child.kill('SIGINT');
  expect(await first.ended).toMatchObject({
    code: 130,
    out: '',
    err: expect.stringContaining('run it again to go on'),
  });
  expect((await start(['pull', 'acme/tiny'], environment).ended).code).toBe(0);
});
