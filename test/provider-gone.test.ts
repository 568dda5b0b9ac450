import Anthropic from '@anthropic-ai/sdk';
import { recordedProtocols, startSimulatedProvider } from 'askonce/testing';
import OpenAI from 'openai';
import { expect, it, onTestFinished } from 'vitest';
import { cacheStatusHeader, type Exchange, startTestGateway } from './support/gateway.ts';
import { isErrorBody } from './support/protocol-errors.ts';
import { question } from './support/questions.ts';

const ways = recordedProtocols.flatMap((protocol) =>
  (['body', 'stream'] as const)
    .filter((form) => form === 'body' || protocol !== 'openai-embeddings')
    .map((form) => ({ protocol, form })),
);

it('an unreachable provider is a 502 in the shape of every protocol, while hits are still served until it returns', async () => {
  const first = await startSimulatedProvider();
  onTestFinished(() => first.close());
  const gateway = await startTestGateway(first.url, { connectRetries: 1 });
  onTestFinished(() => gateway.remove());
  const ask = ({ protocol, form }: (typeof ways)[number], text: string) => {
    const { path, body } = question(protocol, form, text);
    // The default limit on completions cuts most of them short, and those are not stored.
    const roomy = body.replace('"prompt":', '"max_tokens":4000,"prompt":');
    return gateway.ask(path, roomy, { 'anthropic-version': '2023-06-01' });
  };
  const before: Exchange[] = [];
  for (const way of ways) before.push(await ask(way, `stored as ${way.form}`));
  expect(before.map(({ status }) => status)).toEqual(ways.map(() => 200));

  await first.close();
  for (const [index, way] of ways.entries()) {
    const hit = await ask(way, `stored as ${way.form}`);
    expect(cacheStatusHeader(hit)).toContain('askonce; hit;');
    expect(hit.body.equals(before[index]?.body ?? Buffer.of())).toBe(true);
    const miss = await ask(way, `new as ${way.form}`);
    expect([miss.status, miss.headers['content-type']]).toEqual([502, 'application/json']);
    expect(isErrorBody(way.protocol, miss.body), miss.body.toString()).toBe(true);
  }

  const second = await startSimulatedProvider({ port: Number(new URL(first.url).port) });
  onTestFinished(() => second.close());
  for (const way of ways) expect((await ask(way, `new as ${way.form}`)).status).toBe(200);
});

it('the official clients throw their own errors for an unreachable provider, for bodies and streams alike', async () => {
  const provider = await startSimulatedProvider();
  const gateway = await startTestGateway(provider.url, { connectRetries: 0 });
  onTestFinished(() => gateway.remove());
  await provider.close();
  const openai = new OpenAI({ apiKey: 'sk-test', baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  const anthropic = new Anthropic({ apiKey: 'sk-test', baseURL: gateway.url, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'Are you there?' }];
  const errorOf = (asked: Promise<unknown>) => asked.then(() => undefined).catch((error: unknown) => error);
  for (const stream of [false, true]) {
    for (const asked of [
      openai.chat.completions.create({ model: 'gpt-x', messages, stream }),
      openai.responses.create({ model: 'gpt-x', input: 'Are you there?', stream }),
      openai.completions.create({ model: 'gpt-x', prompt: 'Are you there?', stream }),
    ]) {
      const error = await errorOf(asked);
      expect(error).toBeInstanceOf(OpenAI.InternalServerError);
      expect(error).toMatchObject({ status: 502, code: 'provider_unreachable', type: 'server_error' });
    }
    const error = await errorOf(
      anthropic.messages.create({ model: 'claude-x', max_tokens: 9, messages, stream }),
    );
    expect(error).toBeInstanceOf(Anthropic.InternalServerError);
    expect(error).toMatchObject({ status: 502, error: { type: 'error', error: { type: 'api_error' } } });
  }
  expect(await errorOf(openai.embeddings.create({ model: 'emb-x', input: 'there?' }))).toBeInstanceOf(
    OpenAI.InternalServerError,
  );
});
