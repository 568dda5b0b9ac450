import { Pool } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { isJsonArray, isJsonObject, type JsonValue } from '../packages/askonce/src/json.ts';
import { inputsOf, startEchoProvider } from './support/echo-provider.ts';
import { cacheStatusHeader, startTestGateway } from './support/gateway.ts';
import { meaning, storable, vectorOf } from './support/meaning.ts';
import { deepBodies, type MutatedBody, mutatedBodies, randomBodies } from './support/mutated-bodies.ts';
import { isErrorBody } from './support/protocol-errors.ts';

const mutated = 10_000;
const random = 4_000;
const deep = 40;
const count = mutated + random;
const atOnce = 50;

it('each of ten thousand mutated requests gets its own answer or a refusal, and only real requests are stored', async () => {
  const provider = await startEchoProvider({ vector: vectorOf });
  onTestFinished(() => provider.close());
  const gateway = await startTestGateway(provider.url, { logLevel: 'warn' });
  onTestFinished(() => gateway.remove());
  const pool = new Pool(gateway.url, { connections: atOnce });
  onTestFinished(() => pool.destroy());
  const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-test' };
  const wrong: object[] = [];
  const outcomes = { hit: 0, forwarded: 0, refused: 0 };

  async function one({ protocol, path, body }: MutatedBody): Promise<void> {
    const answer = await pool.request({ method: 'POST', path, headers, body });
    const text = await answer.body.text();
    const status = cacheStatusHeader(answer);
    const complain = (why: string) =>
      wrong.push({ why, protocol, status: answer.statusCode, cache: status, sent: body.toString(), text });

    if (answer.statusCode !== 200) {
      outcomes.refused++;
      const isClients = answer.statusCode >= 400 && answer.statusCode < 500;
      if (!isClients || !isErrorBody(protocol, Buffer.from(text))) complain('no answer, and no 4xx in shape');
      return;
    }
    outcomes[status.includes('; hit;') ? 'hit' : 'forwarded']++;
    const request = storable(protocol, body);
    if (request === undefined) {
      if (!status.includes('fwd=bypass')) complain('a request that must bypass the cache was looked up');
      return;
    }
    if (protocol === 'openai-embeddings') {
      const expected = inputsOf(request).map((input) => vectorOf(request, input));
      if (JSON.stringify(vectorsIn(text)) !== JSON.stringify(expected)) complain('the vectors of others');
      return;
    }
    const asked = provider.asked(/digest=([0-9a-f]{64})/.exec(text)?.[1] ?? '');
    const other = asked === undefined ? undefined : storable(protocol, asked);
    if (asked?.equals(body)) return;
    if (other === undefined || meaning(protocol, other) !== meaning(protocol, request))
      complain(`the answer of another: ${asked?.toString()}`);
  }

  async function all(bodies: readonly MutatedBody[]): Promise<void> {
    for (let from = 0; from < bodies.length; from += atOnce)
      await Promise.all(bodies.slice(from, from + atOnce).map(one));
  }

  const bodies = [...mutatedBodies(mutated, 20_261_121), ...randomBodies(random, 42)];
  const isRequest = ({ protocol, body }: MutatedBody) => storable(protocol, body) !== undefined;
  await all(bodies.filter((body) => !isRequest(body)));
  expect(wrong).toEqual([]);
  expect(gateway.count('stored')).toBe(0);
  await all(bodies.filter(isRequest));

  expect(wrong).toEqual([]);
  expect(outcomes.hit + outcomes.forwarded + outcomes.refused).toBe(count);
  // Each of the three outcomes was frequent enough for the test to mean something.
  for (const [way, times] of Object.entries(outcomes)) expect(times, way).toBeGreaterThan(count / 20);
  expect(gateway.count('stored')).toBeGreaterThan(100);
  for (const { protocol, path, body } of deepBodies(deep, 7)) {
    const answer = await pool.request({ method: 'POST', path, headers, body });
    const text = await answer.body.text();
    expect([answer.statusCode, isErrorBody(protocol, Buffer.from(text))]).toEqual([400, true]);
    expect(text).toContain('512');
    // Anthropic's shape has no place for the code.
    if (protocol.startsWith('openai-'))
      expect(JSON.parse(text)).toMatchObject({ error: { code: 'request_too_deep' } });
  }
  // After all of that, the gateway still answers.
  const last = await gateway.ask(
    '/v1/chat/completions',
    '{"model":"m","messages":[{"role":"user","content":"Well?"}]}',
  );
  expect([last.status, cacheStatusHeader(last)]).toEqual([200, 'askonce; fwd=miss; stored']);
  expect(new Set(gateway.log.filter((line) => /"level":[56]0/.test(line)))).toEqual(new Set());
}, 120_000);

/** The vectors of an answer, as numbers. */
function vectorsIn(text: string): readonly (readonly number[])[] {
  const answer: JsonValue = JSON.parse(text);
  const data = isJsonObject(answer) ? answer['data'] : undefined;
  if (!isJsonArray(data)) return [];
  return data.map((one) => {
    const embedding = isJsonObject(one) ? one['embedding'] : undefined;
    if (isJsonArray(embedding)) return embedding.map(Number);
    const bytes = Uint8Array.from(Buffer.from(String(embedding), 'base64'));
    return [...new Float32Array(bytes.buffer)];
  });
}
