import { describe, expect, it } from 'vitest';
import type { Recording } from '../entry/entry.ts';
import { usableUntil } from './lifespan.ts';

const began = Date.UTC(2026, 10, 21, 12);
const never = Number.POSITIVE_INFINITY;
const minutes = (count: number) => began + count * 60_000;

function until(answer: unknown, form: Recording['form'] = 'body'): number {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  return usableUntil({ form, status: 200, headers: {}, body: Buffer.from(text) }, began);
}

describe('an answer is usable until the first thing in it expires', () => {
  it.each<[string, unknown, number]>([
    ['nothing', { id: 'a', choices: [] }, never],
    [
      'a sound',
      { choices: [{ message: { audio: { id: 'audio_1', expires_at: minutes(60) / 1000 } } }] },
      minutes(60),
    ],
    ['milliseconds', { expires_at: minutes(5) }, minutes(5)],
    ['a number as a string', { expires_at: String(minutes(5) / 1000) }, minutes(5)],
    ['a date', { container: { id: 'container_1', expires_at: '2026-11-21T12:30:00Z' } }, minutes(30)],
    ['a date of HTTP', { expires: 'Sat, 21 Nov 2026 12:07:00 GMT' }, minutes(7)],
    ['a fraction of a second', { expires_at: minutes(1) / 1000 + 0.5 }, minutes(1) + 500],
    ['camel case', { expiresAt: '2026-11-21T12:01:00.000Z' }, minutes(1)],
    ['other words', { expiration_time: '2026-11-21T12:02:00Z' }, minutes(2)],
    ['a duration', { token: { expires_in: 120 } }, minutes(2)],
    ['a short number', { expires: 60 }, minutes(1)],
    ['a policy', { expires_after: { anchor: 'last_active_at', minutes: 20 } }, minutes(20)],
    ['a policy in seconds', { expires_after: { anchor: 'created_at', seconds: 3600 } }, minutes(60)],
    ['two', { a: { expires_at: minutes(9) / 1000 }, b: [{ expires_at: minutes(4) / 1000 }] }, minutes(4)],
    ['the past', { expires_at: minutes(-9) / 1000 }, minutes(-9)],
    ['long ago', { expires_at: 1_700_000_000 }, never],
    ['long ago, and later', { a: { expires_at: 1_700_000_000 }, b: { expires_in: 60 } }, minutes(1)],
    ['a container of long ago', { container: { id: 'c', expires_at: '2025-11-21T12:30:00Z' } }, minutes(20)],
    ['null', { expires_at: null }, never],
    ['0', { expires_at: 0 }, never],
    ['a word', { expires_at: 'never', expires: '12 hours' }, never],
    ['a schema', { tools: [{ parameters: { properties: { expires_at: { type: 'string' } } } }] }, never],
    ["the model's own text", { content: '{"expires_at": 1700000000}' }, never],
    [
      'the arguments of a call',
      { content: [{ type: 'tool_use', name: 'f', input: { expires_at: minutes(5), n: 1 } }] },
      never,
    ],
    [
      'a container beside the arguments of a call',
      { content: [{ input: { expires_at: minutes(5) } }], container: { id: 'c', expires_at: minutes(9) } },
      minutes(9),
    ],
    ['an expression that is no field', { content: 'It expires at noon. se=1' }, never],
    ['a container without an expiry', { output: [{ container_id: 'cntr_1' }] }, minutes(20)],
    ['no container', { container: null }, never],
  ])('of %s', (_what, answer, expected) => {
    expect(until(answer)).toBe(expected);
  });

  it.each<[string, string, number]>([
    [
      'Azure',
      'https://x.blob.core.windows.net/a.png?st=2026-11-21T11%3A00%3A00Z&se=2026-11-21T13%3A00%3A00Z&sig=x',
      minutes(60),
    ],
    [
      'Amazon',
      'https://b.s3.amazonaws.com/a?X-Amz-Date=20261121T120000Z&X-Amz-Expires=900&X-Amz-Signature=x',
      minutes(15),
    ],
    [
      'Google',
      'https://storage.googleapis.com/a?X-Goog-Expires=600&X-Goog-Date=20261121T120000Z',
      minutes(10),
    ],
    ['CloudFront', `https://d.cloudfront.net/a?Expires=${minutes(3) / 1000}&Signature=x`, minutes(3)],
    ['another site', 'https://shop.test/?se=north&expires=soon', never],
    ['a date that is none', 'https://b.test/a?X-Amz-Date=today&X-Amz-Expires=900', never],
  ])('a signed URL of %s', (_whose, url, expected) => {
    expect(until({ data: [{ url }] })).toBe(expected);
    expect(until({ content: `Here it is: ![a picture](${url})` })).toBe(expected);
    // As other languages write JSON.
    expect(until(JSON.stringify({ url }).replaceAll('&', '\\u0026').replaceAll('/', '\\/'))).toBe(expected);
  });

  it('of the events of a stream', () => {
    const event = { choices: [{ delta: { audio: { id: 'audio_1', expires_at: minutes(60) / 1000 } } }] };
    expect(until(`data: {"choices":[]}\n\ndata: ${JSON.stringify(event)}\n\n`, 'stream')).toBe(minutes(60));
  });
});
