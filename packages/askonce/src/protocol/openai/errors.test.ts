import { APIError, AuthenticationError, BadRequestError, RateLimitError } from 'openai';
import { describe, expect, it } from 'vitest';
import { chunkStream, clientOf, textOf } from '../../../../../test/support/openai-recordings.ts';
import type { Recording } from '../../entry/entry.ts';
import { streamOf } from '../../entry/sse.ts';
import { serverSentEvents } from '../framings/server-sent-events.ts';
import { errorBody, errorEvent } from './errors.ts';

const message = 'the provider broke off; ask again';

describe('errors in the OpenAI protocols', () => {
  it.each([
    [400, 'invalid_request_error'],
    [404, 'invalid_request_error'],
    [413, 'invalid_request_error'],
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [429, 'rate_limit_error'],
    [500, 'server_error'],
    [502, 'server_error'],
    [504, 'server_error'],
  ])('an OpenAI error with status %i has the type %s', (status, type) => {
    const body = errorBody({ status, code: 'invalid_request', message, requestId: 'r' });
    expect(JSON.parse(body)).toEqual({ error: { message, type, param: null, code: 'invalid_request' } });
  });

  it.each([
    [400, BadRequestError],
    [401, AuthenticationError],
    [429, RateLimitError],
  ])("OpenAI's client raises status %i as its own class", async (status, expected) => {
    const body = Buffer.from(errorBody({ status, code: 'invalid_request', message }));
    const answer: Recording = { form: 'body', status, headers: { 'content-type': 'application/json' }, body };
    const error = await clientOf(answer)
      .chat.completions.create({ model: 'm', messages: [] })
      .catch((e) => e);
    expect(error).toBeInstanceOf(expected);
    expect(error).toMatchObject({ code: 'invalid_request' });
    expect(error.message).toContain(message);
  });

  it("OpenAI's client raises the error event in the middle of a stream", async () => {
    const chunk = { id: 'a', choices: [{ index: 0, delta: { content: 'x' }, finish_reason: null }] };
    const sent = chunkStream([chunk]);
    const event = errorEvent({ status: 502, code: 'provider_broke_off', message }, serverSentEvents);
    const broken: Recording = { ...sent, ...streamOf([textOf(sent), event]) };
    const stream = await clientOf(broken).chat.completions.create({ model: 'm', messages: [], stream: true });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { choices } of stream) seen.push(choices[0]?.delta.content ?? '');
    })();
    await expect(reading).rejects.toThrow(APIError);
    await expect(reading).rejects.toMatchObject({ code: 'provider_broke_off', type: 'server_error' });
    expect(seen).toEqual(['x']);
  });
});
