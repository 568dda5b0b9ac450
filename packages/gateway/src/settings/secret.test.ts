import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { defaultDataFolder, openDataFolder } from './data-folder.ts';
import { storedSecret } from './secret.ts';

it('the secret is created once, is random, and only its owner can read it', () => {
  const folder = temporaryFolder();
  const secret = storedSecret(folder);
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  expect(storedSecret(folder)).toBe(secret);
  expect(storedSecret(temporaryFolder())).not.toBe(secret);
  expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['secret']);
});

it('gateways that start at once end with one secret', async () => {
  const folder = temporaryFolder();
  const code = `
    const { workerData, parentPort } = require('node:worker_threads');
    const flag = new Int32Array(workerData.flag);
    import(workerData.module).then(({ storedSecret }) => {
      parentPort.postMessage('ready');
      Atomics.wait(flag, 0, 0);
      parentPort.postMessage(storedSecret(workerData.folder));
    });`;
  const flag = new SharedArrayBuffer(4);
  const module = new URL('./secret.ts', import.meta.url).href;
  const ready = Promise.withResolvers<void>();
  let waiting = 0;
  const secrets = Array.from(
    { length: 6 },
    () =>
      new Promise<unknown>((resolve, reject) => {
        const worker = new Worker(code, {
          eval: true,
          workerData: { folder, flag, module },
          execArgv: ['--conditions=askonce-source'],
        });
        worker.on('error', reject);
        worker.on('message', (message: unknown) => {
          if (message !== 'ready') return resolve(message);
          waiting += 1;
          if (waiting === 6) ready.resolve();
        });
      }),
  );
  await Promise.race([ready.promise, ...secrets]);
  const view = new Int32Array(flag);
  Atomics.store(view, 0, 1);
  Atomics.notify(view, 0);
  expect(new Set(await Promise.all(secrets))).toEqual(
    new Set([readFileSync(join(folder, 'secret'), 'utf8').trim()]),
  );
  expect(readdirSync(folder)).toEqual(['secret']);
});

it.each(['', 'short', 'G'.repeat(64)])('a secret file with %j is refused, and not replaced', (content) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'secret'), content);
  expect(() => storedSecret(folder)).toThrow(/^secret: /);
  expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe(content);
});

it('a secret file that cannot be read is named, with what to do', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'secret');
  mkdirSync(path);
  expect(() => storedSecret(folder)).toThrow(
    `secret: ${path} cannot be read (EISDIR: illegal operation on a directory, read); make it a file that this user may read, or set ASKONCE_SECRET`,
  );
});

it.runIf(process.platform === 'linux')(
  'a secret file for which there is no room is named, with what to do, and leaves no draft',
  () => {
    const folder = temporaryFolder();
    const module = new URL('./secret.ts', import.meta.url).href;
    const program = `
      import { storedSecret } from '${module}';
      try { storedSecret('${folder}') } catch ({ code, message }) { console.log(code, message) }`;
    const options = ['--conditions=askonce-source', '--input-type=module', '-e'];
    const { stdout } = spawnSync(
      'bash',
      ['-c', 'ulimit -f 0; exec "$@"', 'bash', process.execPath, ...options, program],
      { encoding: 'utf8' },
    );
    expect(stdout).toBe(
      `invalid_settings secret: ${join(folder, 'secret')} cannot be created (EFBIG: file too large, write); choose a folder with free space that this user may write (ASKONCE_DATA_DIR), or set ASKONCE_SECRET\n`,
    );
    expect(readdirSync(folder)).toEqual([]);
  },
);

it('the data folder follows XDG, and Windows its own way', () => {
  expect(defaultDataFolder({}, 'linux', '/home/a')).toBe('/home/a/.local/share/askonce');
  expect(defaultDataFolder({ XDG_DATA_HOME: '/data' }, 'linux', '/home/a')).toBe('/data/askonce');
  expect(defaultDataFolder({ XDG_DATA_HOME: 'relative' }, 'linux', '/home/a')).toBe(
    '/home/a/.local/share/askonce',
  );
  expect(defaultDataFolder({ LOCALAPPDATA: '/local' }, 'win32', '/home/a')).toBe('/local/askonce');
});

it('the data folder is created for its owner only, and one that can’t be created is named', () => {
  const folder = join(temporaryFolder(), 'deep', 'data');
  expect(openDataFolder(folder)).toBe(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => openDataFolder(join(file, 'below'))).toThrow(/^dataDir: /);
});

it.runIf(process.platform === 'linux')(
  'a folder where the system has none to give is named, and not waited for',
  () => {
    expect(() => openDataFolder('/proc/askonce/data')).toThrow(/^dataDir: ENOENT/);
  },
);
