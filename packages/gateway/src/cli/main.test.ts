import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startModelHub } from '../../../../test/support/model-hub.ts';
import { startProvider } from '../../../../test/support/remembering-provider.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { tinyModel } from '../../../../test/support/tiny-model.ts';

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

it('a gateway starts although the hub of its local model fails at first', async () => {
  const hub = await startModelHub({
    folder: tinyModel(),
    fault: (path, before) => (path.startsWith('/api/') && before === 0 ? { status: 503 } : undefined),
  });
  const child = run(['serve'], {
    ENABLE_SEMANTIC_CACHE: 'on',
    SEMANTIC_EMBEDDER: 'local',
    SEMANTIC_MODEL: 'acme/tiny',
    HF_ENDPOINT: hub.url,
  });
  const { line } = await Promise.race([
    listening(child),
    once(child, 'close').then(([code]: unknown[]) => ({ line: `ended with code ${code}` })),
  ]);
  expect(line).toMatch(/ on http:/);
}, 30_000);

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
  [['sre\nve'], {}, 2, /^askonce: unknown command sre ve; /],
  [['serve', 'n\now'], {}, 2, /^askonce: unexpected argument n ow; /],
  [['serve', '--port', 'many'], {}, 1, /^askonce: port: /],
  [['tune'], {}, 1, /^askonce: name a file of pairs, or a log with --log FILE/],
  [['tune', 'a.csv', '--log', 'b.jsonl'], {}, 1, /^askonce: name a file of pairs, or a log/],
  [['tune', 'a.csv', 'b.csv'], {}, 2, /^askonce: unexpected argument b.csv/],
  [['tune', 'a.csv', '--rate', '2'], {}, 1, /^askonce: --rate must be a share below 1/],
  [['tune', 'a.csv', '--rate', 'low'], {}, 1, /^askonce: --rate must be a number above 0/],
  [['tune', '/none/a.csv'], {}, 1, /^askonce: ENOENT/],
  [['tune', '--file', 'a.csv'], {}, 2, /^askonce: unknown option --file/],
  [['report'], {}, 1, /^askonce: There is no ledger yet in .*ledger\.db/],
  [['report', '--format', 'pdf'], {}, 1, /^askonce: --format must be markdown or csv/],
  [['report', '--moth', '2026-11'], {}, 2, /^askonce: unknown option --moth/],
  [['serve', '--port='], {}, 1, /^askonce: port: must be a number/],
  [
    ['serve', '--config', '/none.yaml'],
    {},
    1,
    /^askonce: \/none\.yaml: there is no such file; check --config/,
  ],
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

it('the command serves as its settings file says, prints five lines, and ends cleanly on a signal', async () => {
  const provider = await startProvider((_, response) => response.end('{"data":[]}'));
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'gateway.yaml'), `openaiBaseUrl: ${provider}/v1\n`);
  const child = run(['serve', '--config', join(folder, 'gateway.yaml')]);
  const { line, url } = await listening(child);
  const said = line.trimEnd().split('\n');
  expect(said).toEqual([
    expect.stringMatching(/^askonce listens on http:\/\/127\.0\.0\.1:\d+ .*OpenAI clients/),
    expect.stringMatching(/^answers are stored in memory \(256 MiB\) and in SQLite \(2 GiB\) .*askonce-/),
    `providers: openai ${provider}/v1, anthropic https://api.anthropic.com`,
    'admin calls: off; set ASKONCE_ADMIN_KEY (16 characters or more) to turn them on',
    `metrics: ${url}/metrics`,
  ]);
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

describe('askonce config', () => {
  it('config prints every setting in force with its source, and no secret', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'my.yaml');
    writeFileSync(file, 'ttlDays: 3\n');
    const environment = { ASKONCE_SECRET: 'a-secret-of-sixteen', ASKONCE_CONFIG: file, ASKONCE_URL: 'x' };
    const plain = await ended(run(['config'], environment));
    expect(plain).toMatchObject({ code: 0, err: expect.stringMatching(/^ASKONCE_URL: there is no such/) });
    expect(plain.out).toMatch(/^ttlDays +3 {2}\(file: .*my\.yaml\)$/m);
    expect(plain.out).toMatch(/^secret +… {2}\(environment: ASKONCE_SECRET\)$/m);
    expect(plain.out).toMatch(/^adminKey +none {2}\(default\)$/m);
    const { out } = await ended(run(['config', '--json', '--config', file], environment));
    const { settings, warnings } = JSON.parse(out);
    expect(settings).toMatchObject({
      port: { value: 0, source: 'environment', from: 'ASKONCE_PORT' },
      ttlDays: { value: 3, source: 'file', from: file },
      secret: { value: '…', source: 'environment' },
      adminKey: { value: null, source: 'default' },
    });
    expect(warnings).toHaveLength(1);
    expect(plain.out + out).not.toContain('a-secret-of');
  });
});

describe('askonce doctor', () => {
  const everywhere = (provider: string) => ({
    OPENAI_BASE_URL: `${provider}/v1`,
    ANTHROPIC_BASE_URL: provider,
    AZURE_OPENAI_ENDPOINT: provider,
  });

  it('doctor checks everything without serving, and sends no credential', async () => {
    const asked: string[] = [];
    const provider = await startProvider((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.writeHead(401).end('{}');
    });
    const { code, out } = await ended(run(['doctor'], everywhere(provider)));
    expect([code, out.split('\n').map((line) => line.split(':', 1)[0])]).toEqual([
      0,
      [
        ...[
          'ok    settings',
          'ok    data folder',
          'ok    secret',
          'ok    store memory',
          'ok    store sqlite',
        ],
        ...[
          'ok    ledger',
          'ok    prices',
          'ok    provider openai',
          'ok    provider anthropic',
          'ok    provider azure',
          'ok    clock',
          '',
        ],
      ],
    ]);
    expect(asked.toSorted()).toEqual([
      ...['GET /models undefined', 'GET /models undefined', 'GET /v1/models undefined'],
    ]);
  });

  it('doctor exits with 1 and one line for each failure that says what to do', async () => {
    const provider = await startProvider((_, response) => {
      response.writeHead(200, { date: 'Tue, 01 Jan 2030 00:00:00 GMT' }).end('{}');
    });
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const environment = {
      ANTHROPIC_BASE_URL: provider,
      OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
      ASKONCE_DATA_DIR: join(file, 'below'),
      ASKONCE_CONNECT_RETRIES: '0',
    };
    const { code, out } = await ended(run(['doctor', '--json'], environment));
    const failed: readonly { state: string; what: string; message: string }[] = JSON.parse(out).checks.filter(
      ({ state }: { state: string }) => state === 'fail',
    );
    expect(code).toBe(1);
    expect(failed.map(({ what }) => what)).toEqual(['data folder', 'provider openai', 'clock']);
    expect(failed[0]?.message).toMatch(/^ASKONCE_DATA_DIR: .*; choose a folder/);
    expect(failed[1]?.message).toMatch(/127\.0\.0\.1:1 cannot be reached.*; check its base URL/);
    expect(failed[2]?.message).toMatch(/behind every provider's; set the clock/);
  });

  it('doctor warns that a damaged file has been replaced', async () => {
    const provider = await startProvider((_, response) => response.writeHead(200).end('{}'));
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'askonce.db'), 'damaged '.repeat(1000));
    const { code, out } = await ended(
      run(['doctor'], {
        OPENAI_BASE_URL: provider,
        ANTHROPIC_BASE_URL: provider,
        ASKONCE_DATA_DIR: folder,
      }),
    );
    expect(out).toMatch(/^warn {2}store: The file was damaged\. It was moved to .*askonce\.db\.damaged-1/m);
    expect(code).toBe(0);
  });

  it('doctor reports wrong settings in one line', async () => {
    const result = await ended(run(['doctor'], { ASKONCE_PROT: '1' }));
    expect(result).toEqual({
      code: 1,
      out: 'fail  settings: ASKONCE_PROT: there is no such environment variable; did you mean ASKONCE_PORT?\n',
      err: '',
    });
  });

  it.each([
    [['doctor', '--json=1'], /--json takes no value/],
    [['doctor', '--port', '1'], /unknown option --port/],
    [['config', 'now'], /unexpected argument now/],
  ])('the command line %j is refused', async (words, message) => {
    expect(await ended(run(words))).toMatchObject({ code: 2, err: expect.stringMatching(message) });
  });
});
