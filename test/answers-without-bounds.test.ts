import { readFileSync } from 'node:fs';
import { type RecordedAnswer, startFaultProvider, startRecordedProvider } from 'askonce/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestGateway } from './support/gateway.ts';
import { running, startGatewayProcess } from './support/gateway-process.ts';
import { listen } from './support/listener.ts';
import { question } from './support/questions.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const megabyte = 2 ** 20;

function completion(content: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      id: 'chatcmpl-large',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'gpt-x',
      choices: [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' }],
      usage: { prompt_tokens: 9, completion_tokens: 8, total_tokens: 17 },
    }),
  );
}

function stream(content: string): Buffer {
  const base = { id: 'chatcmpl-large', object: 'chat.completion.chunk', created: 1, model: 'gpt-x' };
  const chunk = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })}\n\n`;
  const words = Array.from({ length: Math.ceil(content.length / 4096) }, (_, index) =>
    chunk({ content: content.slice(index * 4096, (index + 1) * 4096) }, null),
  );
  return Buffer.from(`${words.join('')}${chunk({}, 'stop')}data: [DONE]\n\n`);
}

/** Every part differs from every other, so that a swap cannot go unseen. */
const text = (megabytes: number) => {
  let counting = '';
  for (let number = 0; counting.length < megabytes * megabyte; number++) counting += `${number} `;
  return counting;
};

describe('a large answer', () => {
  it.each([
    { megabytes: 3, form: 'body', stored: true },
    { megabytes: 3, form: 'stream', stored: true },
    { megabytes: 50, form: 'body', stored: false },
    { megabytes: 50, form: 'stream', stored: false },
  ] as const)(
    'an answer of $megabytes MB as a $form reaches leader and follower byte for byte from one call (stored: $stored)',
    async ({ megabytes, form, stored }) => {
      const gate = Promise.withResolvers<void>();
      const content = text(megabytes);
      const body = form === 'body' ? completion(content) : stream(content);
      const type = form === 'body' ? 'application/json' : 'text/event-stream';
      const answer: RecordedAnswer = { body, headers: { 'content-type': type }, pauseBefore: gate.promise };
      const provider = await startRecordedProvider({ answer: () => answer });
      onTestFinished(() => provider.close());
      const gateway = await startTestGateway(provider.url, { maxValueBytes: 16 * megabyte });
      onTestFinished(() => gateway.remove());

      const asked = question('openai-chat', form, 'Tell me all.');
      const leader = listen(gateway.url + asked.path, asked.body);
      await gateway.happened('provider-call', 1);
      const follower = listen(gateway.url + asked.path, asked.body);
      await gateway.happened('joined', 1);
      gate.resolve();
      const [one, other] = await Promise.all([leader.whole, follower.whole]);
      expect([one.equals(body), other.equals(body)]).toEqual([true, true]);
      expect(provider.calls).toBe(1);

      const again = await gateway.ask(asked.path, asked.body);
      expect(again.body.equals(body)).toBe(true);
      expect(provider.calls).toBe(stored ? 1 : 2);
    },
    60_000,
  );

  it('twelve answers of 50 MB at once take far less memory than they have bytes', async () => {
    const body = completion(text(50));
    const provider = await startRecordedProvider({ answer: () => ({ body, framing: 'length' }) });
    onTestFinished(() => provider.close());
    const dataDir = temporaryFolder();
    const gateway = running(await startGatewayProcess({ dataDir, provider: provider.url }));
    onTestFinished(async () => {
      await gateway.end('SIGKILL');
    });
    await gateway.ask('/v1/chat/completions', question('openai-chat', 'body', 'first').body);
    const before = peakBytes(gateway.child.pid);
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const { path, body: asked } = question('openai-chat', 'body', `question ${index}`);
        const exchange = await gateway.ask(path, asked);
        return exchange.body.equals(body);
      }),
    );
    expect(answers).toEqual(answers.map(() => true));
    expect(peakBytes(gateway.child.pid) - before).toBeLessThan(300 * megabyte);
  }, 60_000);
});

/** The peak memory of a process so far, in bytes, as Linux counts it. */
function peakBytes(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

describe('an endless answer', () => {
  it.each(['endless-body', 'endless-stream', 'endless-event'] as const)(
    'an endless answer (%s) reaches the client as it comes, ends when the client leaves, and is not stored',
    async (fault) => {
      const provider = await startFaultProvider({ fault, endlessBytes: Number.MAX_SAFE_INTEGER });
      onTestFinished(() => provider.close());
      const gateway = await startTestGateway(provider.url);
      onTestFinished(() => gateway.remove());
      const asked = question('openai-chat', fault === 'endless-body' ? 'body' : 'stream', 'Go on!');
      const clients = [1, 2, 3].map(() => listen(gateway.url + asked.path, asked.body));
      await Promise.all(clients.map((client) => client.receives(megabyte)));
      for (const client of clients) client.hangUp();
      // The provider notices: otherwise its answer would go on for ever.
      await gateway.happened('provider-failure', 1);
      expect(provider.calls).toBe(1);
      provider.failWith(fault === 'endless-body' ? 'none' : 'whole-stream');
      expect((await gateway.ask(asked.path, asked.body)).status).toBe(200);
      expect(provider.calls).toBe(2);
      expect(gateway.log.filter((line) => /"level":[56]0/.test(line))).toEqual([]);
    },
    60_000,
  );
});
