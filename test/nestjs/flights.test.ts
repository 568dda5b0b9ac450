/**
 * One answer for many requests: streams, clients that leave, request scope, handlers that write, and trouble.
 */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Get,
  Headers,
  Injectable,
  Module,
  Post,
  Put,
  Scope,
  StreamableFile,
} from '@nestjs/common';
import {
  AskonceError,
  createCache,
  memoryStore,
  type ObservedEvent,
  type SettingsInput,
  type Store,
} from 'askonce';
import { AskonceModule, Cached } from 'askonce/nestjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { settled } from '../support/gated-provider.ts';
import { WrittenResponse } from '../support/written-response.ts';
import { cameFrom, platforms, start } from './start.ts';

class Calls {
  readonly seen: string[] = [];
  readonly gate = Promise.withResolvers<void>();
  readonly closed: string[] = [];

  /** A stream that has one chunk, and no end. */
  silent(kind: string): Readable {
    const stream = new Readable({ read() {} });
    stream.push('first');
    return stream.once('close', () => this.closed.push(kind));
  }
}

class Message {
  text = '';
}

/** Makes objects of a class, as a validating pipe does. */
const asMessage = { transform: (value: { text: string }) => Object.assign(new Message(), value) };

@Controller('many')
class ManyController {
  constructor(private readonly calls: Calls) {}

  @Get('lines')
  @Cached({ ttl: 60 })
  async *lines() {
    this.calls.seen.push('lines');
    yield { at: 1 };
    await this.calls.gate.promise;
    yield { at: 2 };
  }

  @Get('response')
  @Cached({ ttl: 60 })
  response() {
    this.calls.seen.push('response');
    return new Response('a whole answer', {
      status: 203,
      headers: { 'content-type': 'text/plain', 'x-own': '1' },
    });
  }

  @Get('for-one')
  @Cached({ ttl: 60 })
  forOne() {
    this.calls.seen.push('for one');
    return new WrittenResponse('for one', [['Cache-Control', 'private']]);
  }

  @Get('greeting')
  @Cached({ ttl: 60 })
  greeting(@Headers('accept-language') language: string) {
    return new WrittenResponse(`in ${language}`, [['Vary', 'Accept-Language']]);
  }

  @Get('large')
  @Cached({ ttl: 60 })
  large() {
    this.calls.seen.push('large');
    return new StreamableFile(Buffer.alloc(3_000_000, 'x'), { type: 'text/plain' });
  }

  @Get('slow')
  @Cached({ ttl: 60 })
  async slow() {
    this.calls.seen.push('slow');
    await this.calls.gate.promise;
    return { slow: true };
  }

  @Get('file-that-stops')
  @Cached({ ttl: 60 })
  fileThatStops() {
    return new StreamableFile(this.calls.silent('file'));
  }

  @Get('response-that-stops')
  @Cached({ ttl: 60 })
  responseThatStops() {
    const close = () => {
      this.calls.closed.push('response');
    };
    return new Response(
      new ReadableStream({ start: (to) => to.enqueue(Buffer.from('first')), cancel: close }),
    );
  }

  @Get('stream-that-stops')
  @Cached({ ttl: 60 })
  streamThatStops() {
    return this.calls.silent('stream');
  }

  @Post('classify')
  @Cached({ ttl: 60 })
  classify(@Body(asMessage) message: Message) {
    this.calls.seen.push(`classify ${message.text}`);
    return { length: message.text.length };
  }

  @Get('kept')
  @Cached({ ttl: 60, invalidateOn: ['PUT /many/kept'] })
  kept() {
    this.calls.seen.push('kept');
    return 1;
  }

  @Put('kept')
  change() {
    this.calls.seen.push('change');
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  constructor(private readonly calls: Calls) {
    calls.seen.push('instance');
  }

  find() {
    this.calls.seen.push('find');
    return { found: true };
  }
}

@Controller('scoped')
class ScopedController {
  constructor(private readonly inner: PerRequest) {}

  @Get()
  @Cached({ ttl: 60 })
  find() {
    return this.inner.find();
  }
}

const parts = { controllers: [ManyController, ScopedController], providers: [Calls, PerRequest] };

describe.each(platforms)('many requests on %s', (platform) => {
  async function many(settings: SettingsInput = {}) {
    const events: ObservedEvent[] = [];
    @Module({
      imports: [AskonceModule.forRoot({ settings, observe: (event) => events.push(event) })],
      ...parts,
    })
    class ManyModule {}
    const { app, ask, url } = await start(ManyModule, { platform });
    const misses = () => events.filter(({ type }) => type === 'miss').length;
    return { ask, url, calls: app.get(Calls), misses };
  }

  it('a stream is shared while it is produced, and replayed once it has ended', async () => {
    const { ask, calls } = await many();
    const readers = await Promise.all([ask('/many/lines'), ask('/many/lines')]);
    calls.gate.resolve();
    const texts = await Promise.all(readers.map((one) => one.text()));
    expect(texts).toEqual(Array(2).fill('{"at":1}\n{"at":2}\n'));
    expect(readers[0]?.headers.get('content-type')).toBe('application/x-ndjson');
    await expect.poll(async () => cameFrom(await ask('/many/lines'))).toMatch(/^askonce; hit/);
    expect(await (await ask('/many/lines')).text()).toBe('{"at":1}\n{"at":2}\n');
    expect(calls.seen).toEqual(['lines']);
  });

  it('a Response is the whole answer: its status and headers are stored, too', async () => {
    const { ask, calls } = await many();
    for (const _ of [1, 2]) {
      const answer = await ask('/many/response');
      expect([answer.status, answer.headers.get('x-own'), await answer.text()]).toEqual([
        203,
        '1',
        'a whole answer',
      ]);
    }
    expect(calls.seen).toEqual(['response']);
  });

  it('headers of a Response count in whatever case its class lists them', async () => {
    const { ask, calls } = await many();
    for (const _ of [1, 2]) expect(await (await ask('/many/for-one')).text()).toBe('for one');
    expect(calls.seen).toEqual(['for one', 'for one']);
    for (const language of ['de', 'en'])
      expect(await (await ask('/many/greeting', { headers: { 'accept-language': language } })).text()).toBe(
        `in ${language}`,
      );
  });

  it('a large file arrives whole, from the handler and from the cache', async () => {
    const { ask, calls } = await many();
    for (const _ of [1, 2]) expect((await (await ask('/many/large')).text()).length).toBe(3_000_000);
    expect(calls.seen).toEqual(['large']);
  });

  it('a client that leaves does not take the answer from those that wait with it', async () => {
    const { ask, url, calls, misses } = await many();
    const leaving = httpRequest(`${url}/many/slow`);
    leaving.on('error', () => {});
    leaving.end();
    await expect.poll(() => calls.seen.length).toBe(1);
    const staying = ask('/many/slow');
    await expect.poll(misses).toBe(2);
    await settled();
    await new Promise((resolve) => leaving.destroy().once('close', resolve));
    calls.gate.resolve();
    expect(await (await staying).json()).toEqual({ slow: true });
    expect(calls.seen).toEqual(['slow']);
  });

  it.each(['file', 'response', 'stream'])(
    'a %s that its only client leaves is closed, also while it is silent',
    async (kind) => {
      const { url, calls } = await many({ abandoned: 'cancel' });
      const leaving = httpRequest(`${url}/many/${kind}-that-stops`);
      leaving.on('error', () => {});
      const [answer] = await once(leaving.end(), 'response');
      await once(answer, 'data');
      await settled();
      leaving.destroy();
      await expect.poll(() => calls.closed).toEqual([kind]);
    },
  );

  it('a cached route of POST answers by its arguments, also if a pipe makes objects of a class', async () => {
    const { ask, calls } = await many();
    const classify = async (text: string) =>
      await ask('/many/classify', {
        method: 'POST',
        body: JSON.stringify({ text }),
        headers: { 'content-type': 'application/json' },
      });
    const answers = await Promise.all([classify('hello'), classify('hello'), classify('bye')]);
    expect(await Promise.all(answers.map((one) => one.json()))).toEqual([
      { length: 5 },
      { length: 5 },
      { length: 3 },
    ]);
    expect(answers[0]?.status).toBe(201);
    expect(calls.seen.toSorted()).toEqual(['classify bye', 'classify hello']);
  });

  it('a request-scoped controller has its instances, and shares answers', async () => {
    const { ask, calls } = await many();
    for (const _ of [1, 2]) expect(await (await ask('/scoped')).json()).toEqual({ found: true });
    expect(calls.seen.filter((call) => call === 'find')).toHaveLength(1);
    expect(calls.seen.filter((call) => call === 'instance')).toHaveLength(2);
  });

  it('a write that cannot invalidate is answered with 503', async () => {
    const store: Store = memoryStore();
    const cache = createCache({ store });
    onTestFinished(async () => await cache.close());
    const failing = {
      ...cache,
      invalidate: async () => {
        throw new AskonceError(
          'invalidation_failed',
          'The store could not record the invalidation; try again.',
        );
      },
    };
    @Module({ imports: [AskonceModule.forRoot({ cache: failing })], ...parts })
    class App {}
    const { ask } = await start(App, { platform });
    const answer = await ask('/many/kept', { method: 'PUT' });
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { error: { code: 'invalidation_failed', message: expect.any(String) } },
    ]);
  });

  it('a module that is imported twice answers once', async () => {
    @Module({ imports: [AskonceModule.forRoot()], ...parts })
    class Feature {}
    @Module({ imports: [AskonceModule.forRoot(), Feature] })
    class App {}
    const { app, ask } = await start(App, { platform });
    await ask('/many/kept');
    expect(cameFrom(await ask('/many/kept'))).toBe('askonce; hit; ttl=…; detail="memory"');
    expect(app.get(Calls).seen).toEqual(['kept']);
  });
});
