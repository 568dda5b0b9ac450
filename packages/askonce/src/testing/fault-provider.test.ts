import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type FaultProvider,
  type ProviderFault,
  providerFaults,
  startFaultProvider,
} from './fault-provider.ts';
import { closedPort } from './loopback.ts';

interface Seen {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The code of the error that ended the exchange; undefined where it ended in order. */
  readonly broke: string | undefined;
}

interface Exchange {
  /** Resolves when the answer ends, in order or not. */
  readonly seen: Promise<Seen>;
  /** Resolves with the first bytes of the body. */
  readonly firstBytes: Promise<unknown>;
  readonly headCame: Promise<unknown>;
  /** Whether `seen` has resolved. */
  readonly over: () => boolean;
  leave(): void;
}

const chat = '/v1/chat/completions';
const messages = '/v1/messages';

let provider: FaultProvider;
beforeEach(async () => {
  provider = await startFaultProvider({ endlessBytes: 4 * 2 ** 20 });
});
afterEach(() => provider.close());

/** Sends a request by node:http, which shows the bytes as received and the error of the connection. */
function ask(path: string, fault: ProviderFault, atMost = Number.POSITIVE_INFINITY): Exchange {
  const head = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  const whole = Promise.withResolvers<Seen>();
  const pieces: Buffer[] = [];
  let size = 0;
  let over = false;
  let status: number | undefined;
  let headers: IncomingHttpHeaders = {};
  const call = httpRequest(`${provider.url}${path}`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'x-fault': fault },
  });
  const finish = (error?: NodeJS.ErrnoException) => {
    over = true;
    whole.resolve({
      status,
      headers,
      body: Buffer.concat(pieces),
      broke: error && (error.code ?? error.message),
    });
  };
  call.on('error', finish);
  call.on('response', (response) => {
    status = response.statusCode;
    headers = response.headers;
    head.resolve();
    response.on('data', (piece: Buffer) => {
      first.resolve();
      pieces.push(piece);
      size += piece.length;
      if (size > atMost) call.destroy();
    });
    response.on('error', finish);
    response.on('end', () => finish());
  });
  call.end('{"model":"any"}');
  return {
    seen: whole.promise,
    firstBytes: first.promise,
    headCame: head.promise,
    over: () => over,
    leave: () => call.destroy(),
  };
}

function saw(fault: ProviderFault, path = chat): Promise<Seen> {
  return ask(path, fault).seen;
}

function jsonOf({ body }: Seen): unknown {
  return JSON.parse(body.toString('utf8'));
}

const endsInOrder = { broke: undefined, status: 200 };
const shown = new Set<ProviderFault>();

/** Declares a test for each of the faults. The last test of this file checks that no fault is missing. */
function promise(
  title: string,
  faults: readonly ProviderFault[],
  check: (fault: ProviderFault) => Promise<void>,
) {
  for (const fault of faults) {
    shown.add(fault);
    test(`${fault}: ${title}`, () => check(fault));
  }
}

describe('connections', () => {
  promise('the request is received, and no answer follows', ['no-answer'], async (fault) => {
    const exchange = ask(chat, fault);
    await expect.poll(() => provider.calls).toBe(1);
    await saw('none');
    expect(exchange.over()).toBe(false);
    exchange.leave();
    expect(await exchange.seen).toMatchObject({ status: undefined, broke: 'ECONNRESET' });
  });

  promise('a head arrives, and no body follows', ['head-then-hang'], async (fault) => {
    const exchange = ask(chat, fault);
    await exchange.headCame;
    await saw('none');
    expect(exchange.over()).toBe(false);
    exchange.leave();
    expect((await exchange.seen).body).toHaveLength(0);
  });

  promise('the first bytes arrive, and no more follow', ['hang-in-body', 'hang-in-stream'], async (fault) => {
    const exchange = ask(chat, fault);
    await exchange.firstBytes;
    await saw('none');
    expect(exchange.over()).toBe(false);
    exchange.leave();
    expect((await exchange.seen).broke).toBe('ECONNRESET');
  });

  promise(
    'the connection ends before any head',
    ['reset-before-head', 'closed-before-head'],
    async (fault) => {
      expect(await saw(fault)).toMatchObject({ status: undefined, broke: 'ECONNRESET' });
    },
  );

  promise(
    'a part of the answer arrives, then the connection ends',
    ['reset-in-body', 'reset-in-stream', 'unterminated-body', 'unterminated-stream'],
    async (fault) => {
      const seen = await saw(fault);
      expect(seen).toMatchObject({ status: 200, broke: 'ECONNRESET' });
      expect(seen.body.length).toBeGreaterThan(40);
      expect(seen.body.toString()).not.toContain('"stop"');
    },
  );

  promise('the complete answer arrives without its end', ['whole-but-unterminated'], async (fault) => {
    const seen = await saw(fault);
    expect(seen.broke).toBe('ECONNRESET');
    expect(jsonOf(seen)).toMatchObject({ object: 'chat.completion' });
  });

  promise('100 bytes fewer arrive than were announced', ['content-length-too-long'], async (fault) => {
    const seen = await saw(fault);
    expect(seen).toMatchObject({ status: 200, broke: 'ECONNRESET' });
    expect(Number(seen.headers['content-length'])).toBe(seen.body.length + 100);
  });

  promise(
    'the client rejects the answer as invalid HTTP',
    ['not-http', 'malformed-head', 'malformed-chunk', 'two-lengths', 'huge-head'],
    async (fault) => {
      expect((await saw(fault)).broke).toMatch(/^HPE_/);
      await expect(
        fetch(provider.url, { headers: { 'x-fault': fault } }).then((r) => r.text()),
      ).rejects.toThrow();
    },
  );

  test('a closed port refuses connections', async () => {
    const port = await closedPort();
    const error: unknown = await fetch(`http://127.0.0.1:${port}`).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });
});

describe('bodies', () => {
  promise('a complete answer in the protocol of the path', ['none'], async (fault) => {
    const objects = {
      [chat]: { object: 'chat.completion' },
      '/v1/completions': { object: 'text_completion' },
      '/v1/embeddings': { object: 'list' },
      '/v1/responses?x=1': { object: 'response', status: 'completed' },
      [messages]: { type: 'message', stop_reason: 'end_turn' },
    };
    for (const [path, object] of Object.entries(objects)) {
      const seen = await saw(fault, path);
      expect(seen).toMatchObject(endsInOrder);
      expect(jsonOf(seen)).toMatchObject(object);
    }
  });

  promise('a web page', ['html-200', 'html-502'], async (fault) => {
    const seen = await saw(fault);
    expect(seen).toMatchObject({ status: fault === 'html-200' ? 200 : 502, broke: undefined });
    expect(seen.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(seen.body.toString()).toMatch(/^<!doctype html>/);
  });

  promise('no body', ['empty-200', 'no-content-204', 'empty-stream'], async (fault) => {
    const seen = await saw(fault);
    expect(seen).toMatchObject({ status: fault === 'no-content-204' ? 204 : 200, broke: undefined });
    expect(seen.body).toHaveLength(0);
  });

  promise('well framed, but not JSON', ['invalid-json-200', 'half-json-200'], async (fault) => {
    const seen = await saw(fault);
    expect(seen).toMatchObject(endsInOrder);
    expect(seen.headers['content-type']).toBe('application/json');
    expect(() => jsonOf(seen)).toThrow(SyntaxError);
  });

  promise('JSON that is an answer of no protocol', ['other-json-200'], async (fault) => {
    expect(jsonOf(await saw(fault))).toEqual({ status: 'ok' });
  });

  promise('an error with status 200', ['openai-error-200', 'anthropic-error-200'], async (fault) => {
    const seen = await saw(fault);
    expect(seen).toMatchObject(endsInOrder);
    const shape =
      fault === 'openai-error-200'
        ? { error: { code: 'server_error' } }
        : { type: 'error', error: { type: 'api_error' } };
    expect(jsonOf(seen)).toMatchObject(shape);
  });

  promise('a complete answer of the named size', ['answer-3-mb', 'answer-50-mb'], async (fault) => {
    const seen = await saw(fault);
    expect(seen).toMatchObject(endsInOrder);
    const bytes = (fault === 'answer-3-mb' ? 3 : 50) * 2 ** 20;
    expect(seen.body.length).toBeGreaterThan(bytes);
    expect(seen.body.length).toBeLessThan(bytes + 1024);
  });

  promise('continues up to its limit', ['endless-body', 'endless-stream', 'endless-event'], async (fault) => {
    const seen = await saw(fault);
    expect(seen).toMatchObject({ status: 200, broke: 'ECONNRESET' });
    expect(seen.body.length).toBeGreaterThanOrEqual(4 * 2 ** 20);
    expect(seen.body.length).toBeLessThan(5 * 2 ** 20);
  });

  promise(
    'arrives byte by byte, and is complete in the end',
    ['trickle', 'trickled-stream'],
    async (fault) => {
      const seen = await saw(fault);
      const prompt = await saw(fault === 'trickle' ? 'none' : 'whole-stream');
      expect(seen).toMatchObject(endsInOrder);
      expect(seen.body).toEqual(prompt.body);
    },
  );

  promise('labelled as gzip, and cannot be decoded', ['broken-gzip', 'half-gzip'], async (fault) => {
    const seen = await saw(fault);
    expect(seen).toMatchObject(endsInOrder);
    expect(seen.headers['content-encoding']).toBe('gzip');
    expect(() => gunzipSync(seen.body)).toThrow();
  });

  promise('a content encoding that does not exist', ['unknown-encoding'], async (fault) => {
    expect((await saw(fault)).headers['content-encoding']).toBe('x-unknown');
  });
});

describe('streams', () => {
  const finish = {
    [chat]: 'data: [DONE]',
    '/v1/completions': 'data: [DONE]',
    '/v1/responses': 'event: response.completed',
    [messages]: 'event: message_stop',
  };
  const cases = Object.entries(finish);

  promise('ends with the last event of the protocol', ['whole-stream', 'invalid-event'], async (fault) => {
    for (const [path, last] of cases) {
      const seen = await saw(fault, path);
      expect(seen).toMatchObject(endsInOrder);
      expect(seen.headers['content-type']).toBe('text/event-stream; charset=utf-8');
      expect(seen.body.toString()).toContain(last);
      expect(seen.body.toString().includes('data: {oops\n')).toBe(fault === 'invalid-event');
    }
  });

  promise(
    'ends in order, but without the last event of the protocol',
    ['unfinished-stream', 'half-event', 'error-in-stream'],
    async (fault) => {
      for (const [path, last] of cases) {
        const seen = await saw(fault, path);
        expect(seen).toMatchObject(endsInOrder);
        const text = seen.body.toString();
        expect(text).toContain(' once');
        expect(text).not.toContain(last);
        expect(text.endsWith('\n\n')).toBe(fault !== 'half-event');
        expect(text.includes('The model has failed.')).toBe(fault === 'error-in-stream');
      }
    },
  );

  test('OpenAI’s and Anthropic’s clients read a complete stream', async () => {
    provider.failWith('whole-stream');
    const openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', maxRetries: 0 });
    const anthropic = new Anthropic({ baseURL: provider.url, apiKey: 'any', maxRetries: 0 });
    const turn = [{ role: 'user', content: 'Hello' }] as const;
    const read = await Promise.all([
      openai.chat.completions.stream({ model: 'any', messages: [...turn] }).finalContent(),
      openai.responses
        .stream({ model: 'any', input: 'Hello' })
        .finalResponse()
        .then((response) => response.output_text),
      anthropic.messages.stream({ model: 'any', max_tokens: 9, messages: [...turn] }).finalText(),
    ]);
    expect(new Set(read)).toEqual(new Set(['Ask once, and the answer is stored.']));
  });

  promise('10 MB, and complete', ['stream-10-mb'], async (fault) => {
    const seen = await saw(fault);
    expect(seen).toMatchObject(endsInOrder);
    expect(seen.body.length).toBeGreaterThan(10 * 2 ** 20);
    expect(seen.body.subarray(-14).toString()).toBe('data: [DONE]\n\n');
  });

  test('an endless stream stops when its client leaves', async () => {
    await provider.close();
    provider = await startFaultProvider({ endlessBytes: Number.POSITIVE_INFINITY });
    const seen = await ask(chat, 'endless-stream', 2 ** 20).seen;
    expect(seen.broke).toBe('ECONNRESET');
    expect((await saw('none')).status).toBe(200);
  });
});

describe('statuses', () => {
  promise(
    'the named status, in the error shape of the path',
    ['status-400', 'status-401', 'status-403', 'status-404', 'status-500', 'status-503', 'status-529'],
    async (fault) => {
      const status = Number(fault.slice(-3));
      const [openai, anthropic] = await Promise.all([saw(fault), saw(fault, messages)]);
      expect([openai.status, anthropic.status]).toEqual([status, status]);
      expect(jsonOf(openai)).toHaveProperty('error.code');
      expect(jsonOf(anthropic)).toMatchObject({
        type: 'error',
        error: { type: expect.stringMatching(/_error$/) },
      });
    },
  );

  promise('429 with the time of the next attempt', ['429-seconds', '429-date'], async (fault) => {
    await provider.close();
    const clock = { now: () => Date.UTC(2026, 10, 21, 12), monotonic: () => 0, schedule: () => () => {} };
    provider = await startFaultProvider({ clock });
    const seen = await saw(fault);
    expect(seen.status).toBe(429);
    expect(seen.headers).toMatchObject({
      'retry-after': fault === '429-date' ? 'Sat, 21 Nov 2026 12:00:30 GMT' : '7',
      'x-ratelimit-remaining-requests': '0',
    });
  });

  promise(
    'redirects to the other server, with the request’s path',
    ['redirect-301', 'redirect-302', 'redirect-307', 'redirect-308'],
    async (fault) => {
      const other = await startFaultProvider();
      await provider.close();
      provider = await startFaultProvider({ redirectTo: other.url, fault });
      const seen = await saw(fault, '/v1/messages?beta=true');
      expect(seen.status).toBe(Number(fault.slice(-3)));
      expect(seen.headers.location).toBe(`${other.url}/v1/messages?beta=true`);
      const followed = await fetch(`${provider.url}${chat}`, { method: 'POST', body: '{}' });
      expect(followed.redirected).toBe(true);
      expect(other.calls).toBe(1);
      await other.close();
    },
  );

  promise('a complete answer with two cookies', ['set-cookie'], async (fault) => {
    const seen = await saw(fault);
    expect(seen.headers['set-cookie']).toHaveLength(2);
    expect(jsonOf(seen)).toHaveProperty('usage');
  });

  promise('a complete answer with hop-by-hop headers', ['hop-by-hop'], async (fault) => {
    const seen = await saw(fault);
    expect(seen.headers).toMatchObject({
      connection: 'keep-alive, x-this-hop',
      'x-this-hop': 'only',
      'x-every-hop': 'too',
      'proxy-authenticate': 'Basic realm="provider"',
    });
    expect(jsonOf(seen)).toHaveProperty('usage');
  });
});

describe('the provider', () => {
  test('the fault provider applies the chosen fault to each request, and records the requests', async () => {
    const { status } = await fetch(`${provider.url}${chat}`, { method: 'POST', body: 'one' });
    provider.failWith('status-503');
    const failed = await fetch(`${provider.url}${chat}`, { method: 'POST', body: 'two' });
    provider.failWith(({ path }) => (path === messages ? 'status-529' : 'none'));
    const chosen = await Promise.all([
      saw('status-400', messages),
      fetch(`${provider.url}${messages}`),
      fetch(provider.url),
    ]);
    expect([status, failed.status, ...chosen.map((seen) => seen.status)]).toEqual([200, 503, 400, 529, 200]);
    expect(provider.calls).toBe(5);
    expect(provider.requests.slice(0, 2).map(({ body }) => body.toString())).toEqual(['one', 'two']);
  });

  test('the fault provider closes whatever its connections are doing, and may be closed twice', async () => {
    const hanging = ask(chat, 'hang-in-stream');
    await hanging.firstBytes;
    await provider.close();
    await provider.close();
    expect((await hanging.seen).broke).toBe('ECONNRESET');
  });

  test('every fault has a test in this file', () => {
    expect([...shown].toSorted()).toEqual(providerFaults);
  });
});
