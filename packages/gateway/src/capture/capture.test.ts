import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { gatewayForTest, postTo } from '../../../../test/support/gateway.ts';
import { eventually } from '../../../../test/support/manual-provider.ts';
import {
  chatAnswer,
  chatRequest,
  startProvider,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';

const line = z.strictObject({
  time: z.iso.datetime(),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.looseObject({ messages: z.array(z.unknown()) }),
  answer: z.looseObject({ choices: z.array(z.unknown()) }),
  usage: z.looseObject({ inputTokens: z.number() }).optional(),
});

const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((text) => line.parse(JSON.parse(text)));

const adminKey = 'the-key-of-all-admin-calls';
const newFile = () => join(temporaryFolder(), 'captured.jsonl');

it('each answered request is captured with its counting headers, and without a credential', async () => {
  const capture = newFile();
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('forty-two') }));
  const gateway = await gatewayForTest(provider.url, { capture });
  const headers = {
    'x-team': 'search',
    'x-team-token': 'hidden-1',
    'x-api-key': 'hidden-2',
    'askonce-language': 'en',
    'askonce-user': 'hidden-3',
  };
  const path = '/v1/chat/completions?key=hidden-4&api-version=2024-10-21';
  for (let time = 0; time < 2; time += 1)
    await (await postTo(gateway.url, chatRequest('what is it?'), headers, path)).text();
  await gateway.close();

  const lines = linesOf(capture);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({
    path: '/v1/chat/completions?api-version=2024-10-21',
    headers: { 'x-team': 'search', 'askonce-language': 'en' },
    body: JSON.parse(chatRequest('what is it?')),
    answer: JSON.parse(chatAnswer('forty-two')),
    usage: { inputTokens: 3, outputTokens: 5 },
  });
  expect(readFileSync(capture, 'utf8')).not.toContain('hidden');
  expect(statSync(capture).mode & 0o777).toBe(0o600);
  expect(provider.seen).toHaveLength(1);
});

it('a streamed answer is captured as the JSON of its body form, and a broken stream is not captured', async () => {
  const capture = newFile();
  const chunk = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  let whole = true;
  const provider = await startProvider((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ role: 'assistant', content: 'forty' }, null));
    if (!whole) return response.destroy();
    response.write(chunk({ content: '-two' }, null));
    return response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
  });
  const gateway = await gatewayForTest(provider, { capture });
  await (await postTo(gateway.url, chatRequest('whole?', { stream: true }))).text();
  whole = false;
  await postTo(gateway.url, chatRequest('broken?', { stream: true }))
    .then((response) => response.text())
    .catch(() => '');
  await gateway.close();

  const lines = linesOf(capture);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    body: { messages: [{ content: 'whole?' }] },
    answer: { choices: [{ message: { content: 'forty-two' } }] },
  });
});

it('sensitive requests, no-store, bypasses and errors are never captured', async () => {
  const capture = newFile();
  const provider = await startRememberingProvider(({ body }) =>
    body.includes('fail') ? { status: 500, body: '{}' } : { body: chatAnswer('an answer') },
  );
  const gateway = await gatewayForTest(provider.url, { capture });
  const ask = async (text: string, headers = {}, more = {}) =>
    await (await postTo(gateway.url, chatRequest(text, more), headers)).text();
  await ask('secret 1', { 'askonce-sensitive': 'on' });
  await ask('secret 2', { 'cache-control': 'no-store' });
  await ask('secret 3', {}, { web_search_options: {} });
  await ask('fail');
  await ask('plain');
  await gateway.close();
  expect(linesOf(capture).map(({ body }) => body.messages)).toEqual([[{ role: 'user', content: 'plain' }]]);
});

it('a full capture stops, is reported, and every request is still answered', async () => {
  const capture = newFile();
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('a'.repeat(1500)) }));
  const gateway = await gatewayForTest(provider.url, { capture, captureMaxBytes: 4096, adminKey });
  for (let at = 0; at < 6; at += 1) {
    const answered = await postTo(gateway.url, chatRequest(`question ${at}`));
    expect([answered.status, (await answered.text()).length > 1500]).toEqual([200, true]);
  }
  const figures = async (): Promise<unknown> => {
    const health = await fetch(`${gateway.url}/cache/health`, {
      headers: { authorization: `Bearer ${adminKey}` },
    });
    return z.object({ components: z.looseObject({ capture: z.unknown() }) }).parse(await health.json())
      .components.capture;
  };
  await eventually(() => gateway.log.join('').includes('the file is full'), 'the file to be full');
  expect(await figures()).toEqual({
    status: 'ok',
    file: capture,
    isFull: true,
    written: 2,
    dropped: expect.any(Number),
  });
  await gateway.close();
  expect(linesOf(capture)).toHaveLength(2);
  expect(statSync(capture).size).toBeLessThanOrEqual(4096);
  expect(gateway.log.join('')).toContain('the file is full (captureMaxBytes)');
});

it('a rotating capture holds the latest lines within its bound', async () => {
  const capture = newFile();
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('a'.repeat(1500)) }));
  const gateway = await gatewayForTest(provider.url, {
    capture,
    captureMaxBytes: 8192,
    captureWhenFull: 'rotate',
  });
  for (let at = 0; at < 7; at += 1) await (await postTo(gateway.url, chatRequest(`question ${at}`))).text();
  await gateway.close();
  expect(statSync(capture).size + statSync(`${capture}.1`).size).toBeLessThanOrEqual(8192);
  expect(JSON.stringify(linesOf(capture).at(-1))).toContain('question 6');
});

it('a torn last line spoils no other, and a file that others can read no longer is', async () => {
  const capture = newFile();
  writeFileSync(capture, '{"time": "torn', { mode: 0o644 });
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('an answer') }));
  const gateway = await gatewayForTest(provider.url, { capture });
  await (await postTo(gateway.url, chatRequest('q'))).text();
  await gateway.close();
  const [torn, next = ''] = readFileSync(capture, 'utf8').split('\n');
  expect([torn, line.safeParse(JSON.parse(next)).success]).toEqual(['{"time": "torn', true]);
  expect(statSync(capture).mode & 0o777).toBe(0o600);
});

it('a file that cannot be written ends the start with a line that names the setting', async () => {
  const provider = 'http://127.0.0.1:9';
  const folder = temporaryFolder();
  await expect(gatewayForTest(provider, { capture: join(folder, 'none', 'file') })).rejects.toThrow(
    /^capture: ENOENT.*choose a file that this user may write$/,
  );
  mkdirSync(join(folder, 'dir'));
  await expect(gatewayForTest(provider, { capture: join(folder, 'dir') })).rejects.toThrow(/^capture: /);
  expect(existsSync(join(folder, 'none'))).toBe(false);
});

it('lines are written while the gateway runs', async () => {
  const capture = newFile();
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('an answer') }));
  const gateway = await gatewayForTest(provider.url, { capture });
  await (await postTo(gateway.url, chatRequest('q'))).text();
  await eventually(() => statSync(capture).size > 0, 'the line to be written');
  expect(linesOf(capture)).toHaveLength(1);
});
