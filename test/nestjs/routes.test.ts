/**
 * Routes of a Nest application behind the cache, on both platforms.
 */
import { Readable } from 'node:stream';
import {
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Header,
  Headers,
  HttpCode,
  Injectable,
  Module,
  type NestInterceptor,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Redirect,
  Res,
  Sse,
  StreamableFile,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { AskonceModule, Cached } from 'askonce/nestjs';
import { map, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { cameFrom, platforms, start } from './start.ts';

class Calls {
  readonly seen: string[] = [];
}

@Injectable()
class KeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest().headers['x-key'] === 'right';
  }
}

@Injectable()
class Wrapping implements NestInterceptor {
  constructor(private readonly calls: Calls) {}

  intercept(_context: ExecutionContext, next: CallHandler) {
    this.calls.seen.push('interceptor');
    return next.handle().pipe(map((data) => (data instanceof StreamableFile ? data : { data })));
  }
}

interface SettingResponse {
  setHeader?(name: string, value: string): unknown;
  header(name: string, value: string): unknown;
  status(code: number): { send(text: string): unknown };
}

@Controller('cats')
class CatsController {
  constructor(private readonly calls: Calls) {}

  @Get('guarded')
  @UseGuards(KeyGuard)
  @Cached({ ttl: 60 })
  guarded() {
    this.calls.seen.push('guarded');
    return { secret: 1 };
  }

  @Get('text')
  @Cached({ ttl: 60 })
  text() {
    this.calls.seen.push('text');
    return 'häßlich';
  }

  @Get('nothing')
  @Cached({ ttl: 60 })
  nothing() {
    this.calls.seen.push('nothing');
  }

  @Get('null')
  @Cached({ ttl: 60 })
  noValue() {
    this.calls.seen.push('null');
    return null;
  }

  @Get('null/bare')
  bareNull() {
    return null;
  }

  @Get('observed')
  @Cached({ ttl: 60 })
  observed() {
    this.calls.seen.push('observed');
    return of({ at: 1 }, { at: 2 });
  }

  @Get('typed')
  @HttpCode(203)
  @Header('Content-Type', 'text/csv')
  @Header('X-Rows', '1')
  @Cached({ ttl: 60 })
  typed() {
    this.calls.seen.push('typed');
    return 'a,b';
  }

  @Get('file')
  @Cached({ ttl: 60 })
  file() {
    this.calls.seen.push('file');
    return new StreamableFile(Readable.from([Buffer.from([1, 2]), Buffer.from([3])]), {
      type: 'image/png',
      disposition: 'attachment; filename="a.png"',
    });
  }

  @Get('described')
  @Cached({ ttl: 60 })
  described(@Res({ passthrough: true }) response: SettingResponse) {
    this.calls.seen.push('described');
    response.header('ETag', '"d1"');
    response.header('Content-Language', 'pt');
    return { um: 1 };
  }

  @Get('passing')
  @Cached({ ttl: 60, staleWhileRevalidate: 60 })
  passing(@Res({ passthrough: true }) response: SettingResponse) {
    this.calls.seen.push('passing');
    response.header('X-Found', 'yes');
    response.header('Vary', 'Accept');
    return { ok: true };
  }

  @Get('written')
  @Cached({ ttl: 60 })
  written(@Res() response: SettingResponse) {
    this.calls.seen.push('written');
    response.status(200).send('by hand');
  }

  @Get('moved')
  @Redirect('/cats/text', 301)
  @Cached({ ttl: 60 })
  moved() {
    this.calls.seen.push('moved');
  }

  @Sse('events')
  @Cached({ ttl: 60 })
  events() {
    this.calls.seen.push('events');
    return of({ data: 'one' }, { data: 'two' });
  }

  @Get('uncached')
  uncached() {
    this.calls.seen.push('uncached');
    return { at: this.calls.seen.length };
  }

  @Get('languages')
  @Header('Vary', 'Accept-Language')
  @Cached({ ttl: 60 })
  languages(@Headers('accept-language') language: string) {
    this.calls.seen.push(`language ${language}`);
    return { language };
  }

  @Get('missing/:id')
  @Cached({ ttl: 60, staleIfError: 60 })
  missing(@Param('id') id: string) {
    this.calls.seen.push(`missing ${id}`);
    if (id === '0') throw new NotFoundException('no such cat');
    if (id === '1') throw new BadRequestException({ code: 'odd' });
    throw new Error('broken');
  }

  @Get('keyed')
  @Cached({ ttl: 60, key: (request: { query: { id?: string } }) => request.query.id })
  keyed(@Query('id') id?: string) {
    this.calls.seen.push(`keyed ${id}`);
    return { id };
  }

  @Get('tracked')
  @Cached({ ttl: 60, ignoredParameters: ['utm_*'] })
  tracked() {
    this.calls.seen.push('tracked');
    return 1;
  }

  @Get(':id')
  @Cached({ ttl: 60 })
  find(@Param('id', ParseIntPipe) id: number, @Query('page') page?: string) {
    this.calls.seen.push(`find ${id} ${page ?? ''}`);
    return { id, page };
  }
}

@Module({ imports: [AskonceModule.forRoot()], controllers: [CatsController], providers: [Calls] })
class CatsModule {}

@Module({
  imports: [AskonceModule.forRoot()],
  controllers: [CatsController],
  providers: [Calls, { provide: APP_INTERCEPTOR, useClass: Wrapping }],
})
class WrappedModule {}

const plain = { express: 'text/html; charset=utf-8', fastify: 'text/plain; charset=utf-8' };

describe.each(platforms)('routes on %s', (platform) => {
  async function cats() {
    const { app, ask } = await start(CatsModule, { platform });
    return { ask, seen: app.get(Calls).seen };
  }

  it('a hundred concurrent requests for one route run its handler once', async () => {
    const { ask, seen } = await cats();
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask('/cats/7?page=2')));
    const texts = await Promise.all(answers.map((one) => one.text()));
    expect(new Set(texts)).toEqual(new Set(['{"id":7,"page":"2"}']));
    expect(seen).toEqual(['find 7 2']);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ headers }) => headers.get('content-type')))).toEqual(
      new Set(['application/json; charset=utf-8']),
    );
    expect(cameFrom(await ask('/cats/7?page=2'))).toBe('askonce; hit; ttl=…; detail="memory"');
  });

  it('path and query parameters make other answers', async () => {
    const { ask, seen } = await cats();
    for (const path of ['/cats/7', '/cats/8', '/cats/7?page=2', '/cats/7']) await ask(path);
    expect(seen).toEqual(['find 7 ', 'find 8 ', 'find 7 2']);
  });

  it('a guard refuses before the cache answers', async () => {
    const { ask, seen } = await cats();
    const right = { headers: { 'x-key': 'right' } };
    expect((await ask('/cats/guarded', right)).status).toBe(200);
    expect((await ask('/cats/guarded')).status).toBe(403);
    expect(cameFrom(await ask('/cats/guarded', right))).toMatch(/^askonce; hit/);
    expect(seen).toEqual(['guarded']);
  });

  it('what a pipe refuses is answered by the exception filters, and not stored', async () => {
    const { ask, seen } = await cats();
    for (const _ of [1, 2]) {
      const refused = await ask('/cats/tom');
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ statusCode: 400, error: 'Bad Request' });
    }
    expect(seen).toEqual([]);
  });

  it('exceptions reach the filters unchanged, and are not stored', async () => {
    const { ask, seen } = await cats();
    for (const _ of [1, 2]) {
      const missing = await ask('/cats/missing/0');
      expect([missing.status, await missing.json()]).toEqual([
        404,
        { statusCode: 404, error: 'Not Found', message: 'no such cat' },
      ]);
    }
    const odd = await ask('/cats/missing/1');
    expect([odd.status, await odd.json()]).toEqual([400, { code: 'odd' }]);
    expect((await ask('/cats/missing/2')).status).toBe(500);
    expect(seen).toEqual(['missing 0', 'missing 0', 'missing 1', 'missing 2']);
  });

  it('concurrent requests whose handler throws all get the exception', async () => {
    const { ask } = await cats();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask('/cats/missing/0')));
    expect(
      new Set(await Promise.all(answers.map(async (one) => `${one.status} ${await one.text()}`))),
    ).toEqual(new Set(['404 {"message":"no such cat","error":"Not Found","statusCode":404}']));
  });

  it.each([
    { path: 'text', status: 200, type: plain[platform], body: 'häßlich' },
    { path: 'nothing', status: 200, type: null, body: '' },
    { path: 'observed', status: 200, type: 'application/json; charset=utf-8', body: '{"at":2}' },
    { path: 'typed', status: 203, type: /^text\/csv/, body: 'a,b' },
    { path: 'file', status: 200, type: 'image/png', body: '\u0001\u0002\u0003' },
    { path: 'passing', status: 200, type: 'application/json; charset=utf-8', body: '{"ok":true}' },
  ])(
    'the answer of $path is the same from the handler and from the cache',
    async ({ path, status, type, body }) => {
      const { ask, seen } = await cats();
      const [one, other] = [await ask(`/cats/${path}`), await ask(`/cats/${path}`)];
      for (const answer of [one, other]) {
        expect(answer.status).toBe(status);
        const given = answer.headers.get('content-type');
        if (type === null || typeof type === 'string') expect(given).toBe(type);
        else expect(given).toMatch(type);
        expect(await answer.text()).toBe(body);
      }
      expect(seen).toEqual([path]);
      for (const name of ['x-rows', 'x-found', 'content-disposition', 'etag'])
        expect(other.headers.get(name)).toBe(one.headers.get(name));
    },
  );

  it('null is answered as without a cache: JSON on Fastify, nothing on Express', async () => {
    const { ask, seen } = await cats();
    const read = async (path: string) => {
      const answer = await ask(path);
      return [answer.status, answer.headers.get('content-type'), await answer.text()];
    };
    const bare = await read('/cats/null/bare');
    expect([await read('/cats/null'), await read('/cats/null')]).toEqual([bare, bare]);
    expect(seen).toEqual(['null']);
  });

  it('headers that decorators and handlers set come with a hit', async () => {
    const { ask } = await cats();
    const twice = async (path: string) => [await ask(path), await ask(path)].map(({ headers }) => headers);
    const [, typed] = await twice('/cats/typed');
    const [, passing] = await twice('/cats/passing');
    const [, file] = await twice('/cats/file');
    expect(typed?.get('x-rows')).toBe('1');
    expect(passing?.get('x-found')).toBe('yes');
    expect(file?.get('content-disposition')).toBe('attachment; filename="a.png"');
  });

  it('a handler that writes the response itself, redirects or sends events is not cached', async () => {
    const { ask, seen } = await cats();
    for (const path of ['written', 'moved', 'events', 'uncached'])
      for (const _ of [1, 2]) await (await ask(`/cats/${path}`, { redirect: 'manual' })).text();
    expect(seen).toEqual([
      'written',
      'written',
      'moved',
      'moved',
      'events',
      'events',
      'uncached',
      'uncached',
    ]);
    expect(await (await ask('/cats/written')).text()).toBe('by hand');
    expect((await ask('/cats/moved', { redirect: 'manual' })).headers.get('location')).toBe('/cats/text');
    expect(await (await ask('/cats/events')).text()).toContain('data: two');
  });

  it('a client that has the answer gets 304, and one that asks for the head alone no body', async () => {
    const { ask, seen } = await cats();
    const first = await ask('/cats/7');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).not.toBe('');
    await first.text();
    const again = await ask('/cats/7', {
      headers: { 'if-none-match': etag, 'cache-control': 'max-age=60' },
    });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const head = await ask('/cats/7', { method: 'HEAD' });
    expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([200, etag, '']);
    expect(seen).toEqual(['find 7 ']);
  });

  it('a 304 has no header that describes the body, although its request ran the handler that set one', async () => {
    const { ask, seen } = await cats();
    const headers = { 'if-none-match': '"d1"', 'cache-control': 'max-age=60' };
    for (const from of [/fwd=miss/, /hit/]) {
      const answer = await ask('/cats/described', { headers });
      expect([answer.status, answer.headers.get('etag')]).toEqual([304, '"d1"']);
      expect(answer.headers.get('content-language')).toBeNull();
      expect(cameFrom(answer)).toMatch(from);
    }
    expect((await ask('/cats/described')).headers.get('content-language')).toBe('pt');
    expect(seen).toEqual(['described']);
  });

  it('answers differ by the headers that they name in Vary', async () => {
    const { ask, seen } = await cats();
    for (const language of ['en', 'de', 'en', 'de'])
      expect(
        await (await ask('/cats/languages', { headers: { 'accept-language': language } })).json(),
      ).toEqual({
        language,
      });
    expect(seen).toEqual(['language en', 'language de']);
  });

  it('requests with different credentials do not share answers', async () => {
    const { ask, seen } = await cats();
    for (const token of ['a', 'b', 'a'])
      await ask('/cats/7', { headers: { authorization: `Bearer ${token}` } });
    expect(seen).toHaveLength(2);
  });

  it('a key stands for the query, and a request whose key is undefined is not cached', async () => {
    const { ask, seen } = await cats();
    for (const query of ['id=1&x=1', 'id=1&x=2', 'x=1', 'x=1']) await ask(`/cats/keyed?${query}`);
    expect(seen).toEqual(['keyed 1', 'keyed undefined', 'keyed undefined']);
  });

  it('ignored parameters do not count', async () => {
    const { ask, seen } = await cats();
    for (const query of ['?utm_source=a', '?utm_medium=b', '', '?page=1']) await ask(`/cats/tracked${query}`);
    expect(seen).toEqual(['tracked', 'tracked']);
  });

  it('interceptors of the application are inside: their result is cached, and they run on a miss alone', async () => {
    const { app, ask } = await start(WrappedModule, { platform });
    expect(await (await ask('/cats/7')).json()).toEqual({ data: { id: 7 } });
    const again = await ask('/cats/7');
    expect(cameFrom(again)).toMatch(/^askonce; hit/);
    expect(await again.json()).toEqual({ data: { id: 7 } });
    expect(app.get(Calls).seen).toEqual(['interceptor', 'find 7 ']);
  });

  it('what middleware sets for every response stays, also on a hit', async () => {
    let count = 0;
    const { ask } = await start(CatsModule, {
      platform,
      prepare: (app) => {
        app.enableCors({ origin: ['http://one.test', 'http://two.test'], exposedHeaders: 'x-found' });
        app.use(
          (
            _request: unknown,
            response: { setHeader(name: string, value: string): void },
            next: () => void,
          ) => {
            count += 1;
            response.setHeader('X-Count', String(count));
            next();
          },
        );
      },
    });
    const from = async (origin: string) => (await ask('/cats/passing', { headers: { origin } })).headers;
    const one = await from('http://one.test');
    const two = await from('http://two.test');
    expect([one.get('x-count'), two.get('x-count')]).toEqual(['1', '2']);
    expect(two.get('cache-status')).toMatch(/^askonce; hit/);
    expect(two.get('access-control-allow-origin')).toBe('http://two.test');
    expect(two.get('vary')?.toLowerCase().split(', ').toSorted()).toEqual(['accept', 'origin']);
  });
});

@Controller('dogs')
@Cached({ ttl: 60 })
class DogsController {
  constructor(private readonly calls: Calls) {}

  @Get()
  list() {
    this.calls.seen.push('list');
    return [];
  }

  @Get('now')
  @Cached(false)
  now() {
    this.calls.seen.push('now');
    return 1;
  }

  @Get('brief')
  @Cached({ ttl: 60, key: 'one' })
  @UseInterceptors(Wrapping)
  brief() {
    this.calls.seen.push('brief');
    return 2;
  }
}

@Module({ imports: [AskonceModule.forRoot()], controllers: [DogsController], providers: [Calls] })
class DogsModule {}

describe('a cached controller', () => {
  it('has all its routes that read cached, but those that say they are not', async () => {
    const { app, ask } = await start(DogsModule);
    for (const path of ['/dogs', '/dogs', '/dogs/now', '/dogs/now', '/dogs/brief?a', '/dogs/brief?b'])
      await ask(path);
    expect(app.get(Calls).seen).toEqual(['list', 'now', 'now', 'interceptor', 'brief']);
  });
});

class ListController {
  constructor(protected readonly calls: Calls) {}

  @Get('list')
  @Cached({ ttl: 60 })
  list() {
    this.calls.seen.push('inherited');
    return [1];
  }

  @Get('one')
  @Cached({ ttl: 60 })
  one() {
    return 1;
  }
}

@Controller('birds')
class BirdsController extends ListController {
  constructor(calls: Calls) {
    super(calls);
  }

  @Get('one')
  override one() {
    this.calls.seen.push('override');
    return 2;
  }
}

@Module({ imports: [AskonceModule.forRoot()], controllers: [BirdsController], providers: [Calls] })
class BirdsModule {}

@Controller('keys')
class KeysController {
  constructor(private readonly calls: Calls) {}

  @Get('query')
  @Cached({ ttl: 60, key: ({ query, params }: { query: object; params: object }) => ({ query, params }) })
  byQuery() {
    this.calls.seen.push('query');
    return 1;
  }

  @Get('map')
  @Cached({ ttl: 60, key: ({ query }: { query: object }) => new Map(Object.entries(query)) })
  byMap(@Query('user') user: string) {
    return user;
  }

  @Post()
  @Cached({ ttl: 60 })
  search(@Query() query: object, @Param() params: object) {
    this.calls.seen.push('search');
    return { query, params };
  }
}

@Module({ imports: [AskonceModule.forRoot()], controllers: [KeysController], providers: [Calls] })
class KeysModule {}

describe.each(platforms)('keys of data on %s', (platform) => {
  it('queries and parameters may be empty, as a key and as arguments', async () => {
    const { app, ask } = await start(KeysModule, { platform });
    for (const path of ['/keys/query?', '/keys/query?']) expect((await ask(path)).status).toBe(200);
    for (const _ of [1, 2])
      expect(await (await ask('/keys?', { method: 'POST' })).json()).toEqual({ query: {}, params: {} });
    expect(app.get(Calls).seen).toEqual(['query', 'search']);
  });

  it('a key that JSON does not express is refused, since others would equal it', async () => {
    const { ask } = await start(KeysModule, { platform });
    for (const user of ['ann', 'bob']) expect((await ask(`/keys/map?user=${user}`)).status).toBe(500);
  });
});

describe('a controller that inherits routes', () => {
  it('has inherited routes cached, but not those that it overrides without saying so', async () => {
    const { app, ask } = await start(BirdsModule);
    for (const path of ['/birds/list', '/birds/list', '/birds/one', '/birds/one']) await ask(path);
    expect(app.get(Calls).seen).toEqual(['inherited', 'override', 'override']);
  });
});
