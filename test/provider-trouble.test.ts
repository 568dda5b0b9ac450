import {
  type FaultProvider,
  fakeClock,
  type ProviderFault,
  providerFaults,
  type SeenRequest,
  startFaultProvider,
  startRecordedProvider,
} from 'askonce/testing';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { endsInErrorEvent, isErrorBody } from './support/protocol-errors.ts';
import { type Question, question } from './support/questions.ts';

const protocols = ['openai-chat', 'openai-responses', 'anthropic-messages'] as const;
const forms = ['body', 'stream'] as const;
type Protocol = (typeof protocols)[number];
type Form = (typeof forms)[number];

const ways = protocols.flatMap((protocol) => forms.map((form) => ({ protocol, form })));

/** Answers that are complete and good, though odd; by the form in which they were asked for. */
const stored: Readonly<Record<Form, readonly ProviderFault[]>> = {
  body: ['none', 'trickle', 'set-cookie', 'hop-by-hop', 'answer-3-mb'],
  stream: ['whole-stream', 'trickled-stream'],
};
/** Well framed, but the content breaks off once it is decoded. */
const undecodable: readonly ProviderFault[] = ['broken-gzip', 'half-gzip'];
const hanging: readonly ProviderFault[] = ['no-answer', 'head-then-hang', 'hang-in-body', 'hang-in-stream'];

let asked = 0;
/** The question names the fault, so that no header has to. */
function asking(fault: ProviderFault, { protocol, form }: { protocol: Protocol; form: Form }): Question {
  asked += 1;
  return question(protocol, form, `fault=${fault}; question ${asked}`);
}

const faultNamed = ({ body }: SeenRequest): ProviderFault => {
  const name = /fault=([a-z0-9-]+);/.exec(body.toString('utf8'))?.[1];
  return providerFaults.find((fault) => fault === name) ?? 'none';
};

interface Outcome {
  /** Undefined if there was no head. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** Whether the body ended in order. */
  readonly whole: boolean;
}

const agent = new Agent({ bodyTimeout: 20_000 });
afterAll(() => agent.destroy());

async function outcomeOf(origin: string, { path, body }: Question): Promise<Outcome> {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-test' };
  const pieces: Buffer[] = [];
  let head: Pick<Outcome, 'status' | 'headers'> = { status: undefined, headers: {} };
  const soFar = (whole: boolean): Outcome => ({ ...head, body: Buffer.concat(pieces), whole });
  try {
    const answer = await request(origin + path, { method: 'POST', headers, body, dispatcher: agent });
    head = { status: answer.statusCode, headers: answer.headers };
    for await (const piece of answer.body) pieces.push(piece);
    return soFar(true);
  } catch {
    return soFar(false);
  }
}

/** Those of a provider's headers that belong to the connection or to another body. */
const notPassedOn = new Set(
  'connection content-length date keep-alive transfer-encoding proxy-authenticate proxy-connection x-this-hop'.split(
    ' ',
  ),
);

function expectAsItWas(through: Outcome, direct: Outcome): void {
  expect(through).toMatchObject({ status: direct.status, whole: true });
  expect(through.body.equals(direct.body)).toBe(true);
  for (const [name, value] of Object.entries(direct.headers))
    if (!notPassedOn.has(name)) expect(through.headers[name], name).toEqual(value);
}

/** Reported as an error in one of the ways that a client cannot take for an answer. */
function expectReported(protocol: Protocol, { status, headers, body, whole }: Outcome): void {
  if (status === 502 || status === 504) {
    expect(isErrorBody(protocol, body), body.toString('utf8', 0, 200)).toBe(true);
    expect(headers['content-type']).toBe('application/json');
    expect(whole).toBe(true);
    return;
  }
  expect(status).toBe(200);
  if (whole) expect(endsInErrorEvent(protocol, body), body.toString('utf8').slice(-300)).toBe(true);
}

describe('a provider that misbehaves', () => {
  let provider: FaultProvider;
  let gateway: TestGateway;

  beforeAll(async () => {
    // A clock that does not move, so that two answers that name a date name the same one.
    const clock = fakeClock(Date.now());
    provider = await startFaultProvider({ fault: faultNamed, endlessBytes: 2 * 2 ** 20, clock });
    gateway = await startTestGateway(provider.url);
  });

  afterAll(async () => {
    await gateway.remove();
    await provider.close();
  });

  const tried = providerFaults.filter((fault) => !hanging.includes(fault) && fault !== 'answer-50-mb');

  it.each(tried)(
    'an answer with the fault %s arrives as it was or as an error, is stored only if complete, and the next question works',
    async (fault) => {
      for (const way of ways) {
        const wanted = asking(fault, way);
        const direct = await outcomeOf(provider.url, wanted);
        const through = await outcomeOf(gateway.url, wanted);
        if (direct.whole && !undecodable.includes(fault)) expectAsItWas(through, direct);
        else expectReported(way.protocol, through);

        const again = await outcomeOf(gateway.url, wanted);
        const cacheStatus = String(again.headers['cache-status']);
        expect(cacheStatus.includes('; hit;'), `${way.protocol} ${way.form}: ${cacheStatus}`).toBe(
          stored[way.form].includes(fault),
        );
        if (stored[way.form].includes(fault)) {
          expect(again.body.equals(direct.body)).toBe(true);
          expect(again.headers['set-cookie']).toBe(undefined);
        }

        const good = way.form === 'body' ? 'none' : 'whole-stream';
        const next = asking(good, way);
        expectAsItWas(await outcomeOf(gateway.url, next), await outcomeOf(provider.url, next));
      }
      expect(gateway.log.filter((line) => /"level":[56]0/.test(line))).toEqual([]);
    },
  );
});

describe('an error of the provider', () => {
  const headers = {
    'content-type': 'application/problem+json; charset=utf-8',
    'retry-after': '17',
    'retry-after-ms': '17123',
    'x-should-retry': 'true',
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-tokens': '6m0s',
    'anthropic-ratelimit-tokens-remaining': '0',
    'x-request-id': 'req_provider',
    'request-id': 'req_provider',
    'openai-processing-ms': '12',
  };
  /** JSON that no serialiser would write: the bytes must arrive, not just the meaning. */
  const body = Buffer.from(' {"error" :\t{"message":"n\u00f6", "type":"x","code":1e2 } }\n\r\n\0');

  it.each([400, 401, 403, 404, 408, 409, 413, 422, 429, 451, 500, 501, 502, 503, 504, 529])(
    'an error with status %i arrives byte for byte with its headers, and is never stored',
    async (status) => {
      let well = false;
      const provider = await startRecordedProvider({
        answer: () => (well ? { body: Buffer.from('fine') } : { status, headers, body, framing: 'length' }),
      });
      onTestFinished(() => provider.close());
      const gateway = await startTestGateway(provider.url);
      onTestFinished(() => gateway.remove());
      for (const way of ways) {
        well = false;
        const wanted = asking('none', way);
        const direct = await outcomeOf(provider.url, wanted);
        const before = provider.calls;
        for (const _ of [1, 2]) {
          const through = await outcomeOf(gateway.url, wanted);
          expectAsItWas(through, direct);
          expect(through.headers['cache-status']).not.toMatch(/hit|stored/);
        }
        expect(provider.calls).toBe(before + 2);
        well = true;
        expect((await outcomeOf(gateway.url, wanted)).body.toString()).toBe('fine');
      }
      expect(gateway.count('stored')).toBe(0);
    },
  );
});

describe('a provider that hangs', () => {
  it.each(hanging)(
    'a provider that hangs (%s) is given up in time and reported as an error, each time',
    async (fault) => {
      const provider = await startFaultProvider({ fault: faultNamed });
      onTestFinished(() => provider.close());
      const gateway = await startTestGateway(provider.url, {
        firstByteTimeoutMs: 250,
        betweenBytesTimeoutMs: 250,
      });
      onTestFinished(() => gateway.remove());
      const outcomes = await Promise.all(
        ways.flatMap((way) => {
          const wanted = asking(fault, way);
          // Two of each at once: followers get the error too.
          return [1, 2].map(async () => ({ way, through: await outcomeOf(gateway.url, wanted) }));
        }),
      );
      for (const { way, through } of outcomes) {
        expectReported(way.protocol, through);
        // A body that follows a stream gets nothing of it when it breaks off, unless it leads.
        if (fault !== 'hang-in-stream') expect(through.status).toBe(504);
        else if (way.form === 'stream') expect(through.status).toBe(200);
      }
      expect(outcomes).toHaveLength(12);
      provider.failWith('none');
      const good = asking('none', { protocol: 'openai-chat', form: 'body' });
      expectAsItWas(await outcomeOf(gateway.url, good), await outcomeOf(provider.url, good));
      expect(gateway.count('stored')).toBe(1);
    },
  );
});
