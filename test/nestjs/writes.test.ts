/**
 * Writes of a Nest application invalidate what they make outdated, before they are answered.
 */
import type { IncomingMessage } from 'node:http';
import {
  Body,
  ConflictException,
  Controller,
  Delete,
  Get,
  Injectable,
  Module,
  Param,
  Post,
  Put,
  type Type,
  VersioningType,
} from '@nestjs/common';
import type { Cache } from 'askonce';
import { AskonceModule, Cached, cacheToken } from 'askonce/nestjs';
import { redisStore } from 'askonce/redis';
import { describe, expect, it } from 'vitest';
import { sharedRedis } from '../support/redis-server.ts';
import { cameFrom, platforms, type StartOptions, start } from './start.ts';

@Injectable()
class Cats {
  readonly names = new Map([
    ['1', 'Tom'],
    ['2', 'Kit'],
  ]);
  readonly read: string[] = [];

  @Cached({ ttl: 60, invalidateOn: ['POST /cats', 'DELETE /cats/:id'] })
  async count() {
    this.read.push('count');
    return this.names.size;
  }
}

@Controller('cats')
class CatsController {
  constructor(private readonly cats: Cats) {}

  @Get()
  @Cached({ ttl: 60, invalidateOn: ['POST', 'PUT /cats/:id', 'cats.changed'] })
  list() {
    this.cats.read.push('list');
    return [...this.cats.names.values()];
  }

  @Get('count')
  @Cached({ ttl: 60, invalidateOn: ['POST /cats'] })
  async count() {
    return { count: await this.cats.count() };
  }

  @Get(':id')
  @Cached({ ttl: 60 })
  find(@Param('id') id: string) {
    this.cats.read.push(`find ${id}`);
    return { name: this.cats.names.get(id) };
  }

  @Post()
  add(@Body() { id, name }: { id: string; name: string }) {
    if (this.cats.names.has(id)) throw new ConflictException();
    this.cats.names.set(id, name);
    return { id };
  }

  @Put(':cat')
  rename(@Param('cat') id: string, @Body() { name }: { name: string }) {
    this.cats.names.set(id, name);
  }

  @Delete(':id')
  remove(@Param('id') id: string) {
    this.cats.names.delete(id);
  }
}

@Module({ imports: [AskonceModule.forRoot()], controllers: [CatsController], providers: [Cats] })
class CatsModule {}

const json = (method: string, body: unknown) => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

describe.each(platforms)('writes on %s', (platform) => {
  async function cats(module: Type = CatsModule, prepare: StartOptions['prepare'] = () => {}) {
    const { app, ask } = await start(module, { platform, prepare });
    const read = async (path: string) => {
      const answer = await ask(path);
      return { from: cameFrom(answer).split(/[;=] ?/, 3)[1], value: await answer.json() };
    };
    return { app, ask, read, seen: app.get(Cats).read };
  }

  it('a write on a path invalidates its answer and those of its route', async () => {
    const { ask, read, seen } = await cats();
    await read('/cats/1');
    await read('/cats/2');
    await ask('/cats/1', json('PUT', { name: 'Max' }));
    expect((await read('/cats/1')).value).toEqual({ name: 'Max' });
    await read('/cats/2');
    expect(seen).toEqual(['find 1', 'find 2', 'find 1', 'find 2']);
  });

  it('a write elsewhere invalidates the routes that name it, whatever its parameter is called', async () => {
    const { ask, read } = await cats();
    await read('/cats');
    await ask('/cats/1', json('PUT', { name: 'Max' }));
    expect((await read('/cats')).value).toEqual(['Max', 'Kit']);
  });

  it('a method alone means the own path of the route', async () => {
    const { ask, read } = await cats();
    await read('/cats');
    await ask('/cats', json('POST', { id: '3', name: 'Pip' }));
    expect((await read('/cats')).value).toEqual(['Tom', 'Kit', 'Pip']);
  });

  it('a write that is not named invalidates nothing of a route that names some', async () => {
    const { ask, read, seen } = await cats();
    await read('/cats');
    await ask('/cats/2', { method: 'DELETE' });
    await read('/cats');
    expect(seen).toEqual(['list']);
  });

  it('a write that fails invalidates nothing', async () => {
    const { ask, read, seen } = await cats();
    await read('/cats');
    expect((await ask('/cats', json('POST', { id: '1', name: 'Tom' }))).status).toBe(409);
    await read('/cats');
    expect(seen).toEqual(['list']);
  });

  it('writes invalidate the answers of methods that name them', async () => {
    const { ask, read, seen } = await cats();
    expect((await read('/cats/count')).value).toEqual({ count: 2 });
    await ask('/cats', json('POST', { id: '3', name: 'Pip' }));
    expect((await read('/cats/count')).value).toEqual({ count: 3 });
    expect(seen).toEqual(['count', 'count']);
  });

  it('domain events invalidate routes that name their type, also before the first request', async () => {
    const { app, read, seen } = await cats();
    const cache = app.get<Cache>(cacheToken());
    expect(await cache.emit({ type: 'cats.changed' })).toBe(0);
    await read('/cats');
    expect(await cache.emit({ type: 'cats.changed' })).toBe(1);
    await read('/cats');
    expect(seen).toEqual(['list', 'list']);
  });

  it('prefix and version of the application do not change the names of writes', async () => {
    const { app, ask } = await start(CatsModule, {
      platform,
      prepare: (made) => {
        made.setGlobalPrefix('api');
        made.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      },
    });
    await ask('/api/v1/cats');
    await ask('/api/v1/cats/1', json('PUT', { name: 'Max' }));
    expect(await (await ask('/api/v1/cats')).json()).toEqual(['Max', 'Kit']);
    expect(app.get(Cats).read).toEqual(['list', 'list']);
  });

  it('a write at one application invalidates the answers of another on the same Redis', async () => {
    const prefix = `nest-writes-${platform}`;
    const appOn = async () => {
      const store = await redisStore({ url: sharedRedis(), prefix, budgetMs: 10_000 });
      // No test is about the machine's speed: a look that takes longer than its budget would run the handler again.
      const settings = { cachePrefix: prefix, secret: 'one secret for all', storeBudgetMs: 10_000 };
      @Module({
        imports: [AskonceModule.forRoot({ store, settings })],
        controllers: [CatsController],
        providers: [Cats],
      })
      class App {}
      // Both are behind one host, as replicas are, but listen on two ports here.
      return await cats(App, (made) => {
        made.use((request: IncomingMessage, _response: unknown, next: () => void) => {
          request.headers.host = 'shop.test';
          next();
        });
      });
    };
    const [one, other] = [await appOn(), await appOn()];
    await one.read('/cats');
    // An answer is stored behind the response.
    await expect.poll(async () => (await other.read('/cats')).from).toBe('hit');
    await other.ask('/cats/1', json('PUT', { name: 'Max' }));
    await expect.poll(async () => (await one.read('/cats')).from).toBe('fwd');
    expect(one.seen.length + other.seen.length).toBe(2);
  });
});
