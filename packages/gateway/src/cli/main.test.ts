import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { startProvider } from '../../../../test/support/remembering-provider.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

function run(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcessWithoutNullStreams {
  const child = spawn(
    process.execPath,
    ['--conditions=askonce-source', '--disable-warning=ExperimentalWarning', main, ...words],
    {
      cwd: temporaryFolder(),
      env: {
        PATH: process.env['PATH'],
        ASKONCE_DATA_DIR: temporaryFolder(),
        ASKONCE_PORT: '0',
        ...environment,
      },
    },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function ended(child: ChildProcessWithoutNullStreams) {
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [code]: unknown[] = await once(child, 'close');
  return { code, out, err };
}

async function listening(child: ChildProcessWithoutNullStreams): Promise<{ line: string; url: string }> {
  const [chunk]: unknown[] = await once(child.stdout, 'data');
  const line = String(chunk);
  return { line, url: /on (http:\S+)/.exec(line)?.[1] ?? '' };
}

it('the command line prints help and version, also of a verb', async () => {
  expect(await ended(run(['--version']))).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
  expect(await ended(run(['--help']))).toMatchObject({ code: 0, out: expect.stringContaining('serve') });
  const { code, out } = await ended(run(['serve', '--help']));
  expect([code, ...['--port', '--host', '--config'].map((name) => out.includes(name))]).toEqual([
    0,
    true,
    true,
    true,
  ]);
});

it.each([
  [['serve', '--prot', '1'], {}, 2, /^askonce: unknown option --prot/],
  [['serve', '--port'], {}, 2, /^askonce: --port needs a value/],
  [['serve', 'now'], {}, 2, /^askonce: unexpected argument now/],
  [['sreve'], {}, 2, /^askonce: unknown command sreve/],
  [['serve', '--port', 'many'], {}, 1, /^askonce: port: /],
  [['serve', '--config', 'missing.yaml'], {}, 1, /^askonce: missing\.yaml: /],
  [['serve'], { OPENAI_BASE_URL: 'nowhere' }, 1, /^askonce: OPENAI_BASE_URL: /],
  [['serve'], { ASKONCE_SECRET: 'short' }, 1, /^askonce: ASKONCE_SECRET: /],
])(
  'the command line %j with %j exits with one line that says what is wrong',
  async (words, environment, code, message) => {
    const result = await ended(run(words, environment));
    expect(result).toMatchObject({ code, out: '', err: expect.stringMatching(message) });
    expect(result.err.trimEnd()).not.toContain('\n');
  },
);

it('a port in use is reported in one line', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => {
    other.close();
  });
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? String(address.port) : '';
  const result = await ended(run(['serve', '--port', port]));
  expect(result).toMatchObject({
    code: 1,
    out: '',
    err: `askonce: port: ${port} on 127.0.0.1 is in use by another process; choose another port\n`,
  });
});

it('the command serves as its settings file says, prints one line, and ends cleanly on a signal', async () => {
  const provider = await startProvider((_, response) => response.end('{"data":[]}'));
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'gateway.yaml'), `openaiBaseUrl: ${provider}/v1\n`);
  const child = run(['serve', '--config', join(folder, 'gateway.yaml')]);
  const { line, url } = await listening(child);
  expect(line).toMatch(/^askonce listens on http:\/\/127\.0\.0\.1:\d+ .*\n$/);
  expect(await (await fetch(`${url}/v1/models`)).json()).toEqual({ data: [] });
  const end = ended(child);
  child.kill('SIGTERM');
  expect(await end).toMatchObject({ code: 0 });
});

it('a second signal does not wait for streams', async () => {
  const begun = Promise.withResolvers<void>();
  const provider = await startProvider((_, response) => {
    response.write('x');
    begun.resolve();
  });
  const child = run(['serve'], { OPENAI_BASE_URL: `${provider}/v1` });
  const { url } = await listening(child);
  const streaming = await fetch(`${url}/v1/files/x/content`);
  await begun.promise;
  const end = ended(child);
  child.kill('SIGTERM');
  while ((await fetch(`${url}/healthz`)).status !== 503);
  child.kill('SIGINT');
  expect((await end).code).toBe(1);
  await expect(streaming.text()).rejects.toThrow();
});
