/**
 * `askonce warm`, as a process: through a gateway, without one, interrupted, resumed, with failures, at two places at once.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { gatewayForTest } from './support/gateway.ts';
import { sharedSecret } from './support/gateway-process.ts';
import { sharedRedis } from './support/redis-server.ts';
import { chatAnswer, startProvider, startRememberingProvider } from './support/remembering-provider.ts';
import { ownPrefix } from './support/shared-gateways.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const main = fileURLToPath(new URL('../packages/gateway/src/cli/main.ts', import.meta.url));

function started(words: readonly string[], environment: Readonly<Record<string, string>>, input = '') {
  const child = spawn(process.execPath, ['--conditions=askonce-source', main, 'warm', ...words], {
    cwd: temporaryFolder(),
    env: { PATH: process.env['PATH'], OPENAI_API_KEY: 'sk-test', WARM_PER_SECOND: '1000', ...environment },
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (piece: Buffer) => {
    text.out += piece.toString('utf8');
  });
  child.stderr.on('data', (piece: Buffer) => {
    text.err += piece.toString('utf8');
  });
  child.stdin.end(input);
  const ended = once(child, 'close').then(([code]) => ({ code, ...text }));
  const says = (words: string) => expect.poll(() => text.err).toContain(words);
  return { child, ended, says };
}

function fileOf(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

const lines = (count: number) =>
  fileOf(
    'questions.jsonl',
    Array.from({ length: count }, (_, index) => JSON.stringify({ question: `Question ${index}?` })).join(
      '\n',
    ),
  );

const answering = () => startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
const alone = (provider: string, dataDir = temporaryFolder()) => ({
  ...{ OPENAI_BASE_URL: `${provider}/v1`, ASKONCE_DATA_DIR: dataDir, ASKONCE_PORT: '9' },
  // A slow operation on a busy machine is a miss by the usual budget; the tests are not about its speed.
  ASKONCE_STORE_BUDGET_MS: '30000',
});
const summary = (text: string) => JSON.parse(text);

describe('askonce warm', () => {
  it('through a gateway, makes hits for the official client, and counts as no request there', async () => {
    const provider = await answering();
    const gateway = await gatewayForTest(provider.url);
    const file = fileOf('q.csv', 'question,category\n"Сбросить пароль?",account\nOpen?,hours\n');
    const words = [file, '--model', 'gpt-4o', '--system', 'Be brief.', '--url', gateway.url, '--json'];
    const first = await started(words, {}).ended;
    expect(first.code).toBe(0);
    expect(summary(first.out)).toMatchObject({ state: 'done', created: 2, skipped: 0, failed: 0 });
    expect(first.err).toContain('through the gateway');
    expect(summary((await started(words, {}).ended).out)).toMatchObject({ created: 0, skipped: 2, cost: 0 });
    const openai = new OpenAI({ apiKey: 'sk-test', baseURL: `${gateway.url}/v1`, maxRetries: 0 });
    expect(gateway.count('hit') + gateway.count('miss')).toBe(0);
    const { response } = await openai.chat.completions
      .create({
        model: 'gpt-4o',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Сбросить пароль?' },
        ],
      })
      .withResponse();
    expect(response.headers.get('cache-status')).toMatch(/^askonce; hit;/);
    expect(provider.seen).toHaveLength(2);
  });

  it('through a gateway on a shared scope, says once that categories and tags are left out', async () => {
    const provider = await answering();
    const scope = 'shared';
    const words = ['-', '--model', 'gpt-4o', '--json'];
    const input = '{"question": "Open?", "category": "hours"}\n{"question": "Closed?", "tags": ["faq"]}\n';
    const warmedWith = async (trustHeaders: boolean) => {
      const gateway = await gatewayForTest(provider.url, { scope, trustHeaders });
      const trust = { ASKONCE_SCOPE: scope, ASKONCE_TRUST_HEADERS: String(trustHeaders) };
      return await started([...words, '--url', gateway.url], trust, input).ended;
    };
    const plain = await warmedWith(false);
    expect(plain.err.match(/categories and tags are left out/g)).toHaveLength(1);
    expect(summary(plain.out)).toMatchObject({ created: 2, failed: 0 });
    expect((await warmedWith(true)).err).not.toContain('left out');
  });

  it('where no gateway runs, stores for the one that is started later, and reports wrong rows by their line', async () => {
    const provider = await answering();
    const dataDir = temporaryFolder();
    const input = '{"question": "Open?"}\nnone\n{"question": "Open?", "temprature": 1}\n';
    const { code, out } = await started(['-', '--model', 'gpt-4o'], alone(provider.url, dataDir), input)
      .ended;
    expect(code).toBe(1);
    expect(out).toMatch(/^3 processed: 0 skipped, 1 created, 2 failed\n/);
    expect(out).toMatch(/1 × it is not JSON \(line 2\)/);
    expect(out).toMatch(/did you mean temperature\?.* \(line 3\)/);
    const gateway = await gatewayForTest(provider.url, { dataDir });
    const { headers } = await gateway.ask(
      '/v1/chat/completions',
      '{"model":"gpt-4o","messages":[{"role":"user","content":"Open?"}]}',
    );
    expect(headers['cache-status']).toMatch(/^askonce; hit;/);
  });

  it('interrupted by Ctrl-C ends what is being asked, exits with 130, and goes on where it was', async () => {
    let calls = 0;
    const second = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const url = await startProvider((request, response) => {
      request.resume();
      calls += 1;
      const answer = () =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(chatAnswer('Yes.'));
      if (calls !== 2) return void answer();
      second.resolve();
      void release.promise.then(answer);
    });
    const environment = alone(url);
    const file = lines(20);
    const words = [file, '--model', 'gpt-4o', '--concurrency', '1', '--json'];
    const { child, ended, says } = started(words, environment);
    await second.promise;
    child.kill('SIGINT');
    await says('ending after the questions that are being asked');
    release.resolve();
    const { code, out } = await ended;
    expect([code, summary(out)]).toMatchObject([130, { state: 'interrupted', processed: 2, created: 2 }]);
    const again = await started(words, environment).ended;
    expect([again.code, summary(again.out)]).toMatchObject([0, { state: 'done', skipped: 2, created: 18 }]);
    expect(calls).toBe(20);
  });

  it('stops at a key that the provider refuses', async () => {
    const provider = await startRememberingProvider(() => ({ status: 401, body: '{}' }));
    const { code, out } = await started(
      [lines(5_000), '--model', 'gpt-4o', '--concurrency', '1'],
      alone(provider.url),
    ).ended;
    expect(code).toBe(1);
    expect(out).toContain('Stopped: 3 questions in a row failed');
    expect(provider.seen).toHaveLength(3);
  });

  it('in a dry run asks nothing', async () => {
    const provider = await answering();
    const { code, out } = await started([lines(3), '--model', 'gpt-4o', '--dry-run'], alone(provider.url))
      .ended;
    expect([code, out]).toEqual([0, '3 processed: 0 skipped, 3 would be asked, 0 failed\n']);
    expect(provider.seen).toEqual([]);
  });

  it.each([
    [[], /name the file/],
    [['/nowhere/at/all.csv'], /There is no file/],
    [[temporaryFolderPath()], /is not a file/],
    [[fileOfNothing()], /the file is empty/],
    [['-', '--per-second', 'fast'], /--per-second must be a number/],
  ])('exits with 2 and one line for wrong input: %j', async (words, message) => {
    const { code, err } = await started(words, alone('http://127.0.0.1:7')).ended;
    expect([code, err.trim().split('\n').at(-1)]).toEqual([2, expect.stringMatching(message)]);
  });

  it('exits with 2 without a key, and names the variable', async () => {
    const environment = { ...alone('http://127.0.0.1:7'), OPENAI_API_KEY: '' };
    const { code, err } = await started([lines(3), '--model', 'gpt-4o'], environment).ended;
    expect([code, err]).toEqual([2, expect.stringContaining('OPENAI_API_KEY')]);
  });

  it('twice at once over one Redis, asks each question once', async () => {
    const provider = await answering();
    const shared = { REDIS_URL: sharedRedis(), CACHE_PREFIX: ownPrefix(), ASKONCE_SECRET: sharedSecret };
    const file = lines(30);
    // A process that has not learnt yet that the provider accepts the key asks once more.
    const accepted = fileOf('first.jsonl', '{"question": "Is the key right?"}');
    await started([accepted, '--model', 'gpt-4o'], { ...alone(provider.url), ...shared }).ended;
    const runs = await Promise.all(
      [1, 2].map(
        () => started([file, '--model', 'gpt-4o', '--json'], { ...alone(provider.url), ...shared }).ended,
      ),
    );
    const totals = runs.map(({ out }) => summary(out));
    expect(totals).toMatchObject([
      { state: 'done', processed: 30, failed: 0 },
      { state: 'done', processed: 30, failed: 0 },
    ]);
    expect(provider.seen).toHaveLength(31);
    expect(totals[0].created + totals[1].created).toBe(30);
  });
});

function temporaryFolderPath(): string {
  return fileURLToPath(new URL('.', import.meta.url));
}

function fileOfNothing(): string {
  return '/dev/null';
}
