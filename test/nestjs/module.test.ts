/**
 * The module: how it is configured, what it exports, and how it ends.
 */
import { Controller, Get, Inject, Injectable, Module, type Provider, type Type } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { AskonceError, askValue, type Cache, createCache, memoryStore, type Store } from 'askonce';
import {
  AskonceModule,
  type AskonceModuleOptions,
  type AskonceOptionsFactory,
  AskonceValues,
  Cached,
  cacheToken,
  InjectCache,
} from 'askonce/nestjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { start } from './start.ts';

/** A store that reports when it is closed, and what was written until then. */
function closingStore(): Store & { readonly closed: string[] } {
  const store = memoryStore();
  const closed: string[] = [];
  return {
    ...store,
    closed,
    async close() {
      closed.push('closed');
      await store.close();
    },
  };
}

@Injectable()
class Reader {
  constructor(@InjectCache() readonly cache: Cache) {}
}

@Injectable()
class Options implements AskonceOptionsFactory {
  createAskonceOptions(): AskonceModuleOptions {
    return { settings: { cachePrefix: 'from-a-class' } };
  }
}

@Module({ providers: [Options], exports: [Options] })
class OptionsModule {}

async function compiled(imports: Parameters<typeof Module>[0]['imports'], providers: Provider[] = [Reader]) {
  const module = await Test.createTestingModule({ imports: imports ?? [], providers }).compile();
  onTestFinished(async () => await module.close());
  return module;
}

async function prefixOf(cache: Cache): Promise<string> {
  const { key = '' } = await askValue(cache, { name: 'any', input: 1 }, () => 1);
  return key.split(':', 1)[0] ?? '';
}

describe('AskonceModule', () => {
  it('forRoot without options makes a cache in memory', async () => {
    const module = await compiled([AskonceModule.forRoot()]);
    const { store } = await module.get(Reader).cache.statistics();
    expect(store.name).toBe('memory');
  });

  it('forRoot makes a cache by settings', async () => {
    const module = await compiled([AskonceModule.forRoot({ settings: { cachePrefix: 'mine' } })]);
    expect(await prefixOf(module.get(Reader).cache)).toBe('mine');
  });

  it.each([
    {
      by: 'useFactory',
      options: {
        imports: [ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ prefix: 'from-config' })] })],
        inject: [ConfigService],
        useFactory: async (config: ConfigService): Promise<AskonceModuleOptions> => ({
          settings: { cachePrefix: config.getOrThrow<string>('prefix') },
        }),
      },
      prefix: 'from-config',
    },
    { by: 'useClass', options: { useClass: Options }, prefix: 'from-a-class' },
    {
      by: 'useExisting',
      options: { imports: [OptionsModule], useExisting: Options },
      prefix: 'from-a-class',
    },
  ])('forRootAsync takes its options by $by', async ({ options, prefix }) => {
    const module = await compiled([AskonceModule.forRootAsync(options)]);
    expect(await prefixOf(module.get(Reader).cache)).toBe(prefix);
  });

  it('all modules can inject the cache unless the module says that it is not global', async () => {
    @Module({ providers: [Reader] })
    class Feature {}
    await compiled([AskonceModule.forRoot(), Feature], []);
    const asking = compiled([AskonceModule.forRoot({ isGlobal: false }), Feature], []);
    await expect(asking).rejects.toThrow('askonce cache default');
  });

  it('caches of several names do not share answers, and a method names its own', async () => {
    let calls = 0;
    @Injectable()
    class Both {
      constructor(
        @InjectCache() readonly one: Cache,
        @InjectCache('prices') readonly other: Cache,
      ) {}

      @Cached({ cache: 'prices' })
      async price() {
        calls += 1;
        return calls;
      }
    }
    const module = await compiled(
      [
        AskonceModule.forRoot(),
        AskonceModule.forRootAsync({
          name: 'prices',
          useFactory: () => ({ settings: { cachePrefix: 'p' } }),
        }),
      ],
      [Both],
    );
    const both = module.get(Both);
    expect([await both.price(), await both.price()]).toEqual([1, 1]);
    expect((await both.one.statistics()).store.entries).toBe(0);
    expect((await both.other.statistics()).store.entries).toBe(1);
    expect(module.get(cacheToken('prices'))).toBe(both.other);
  });

  it('an option that does not exist is refused by name, also one that a factory returns', async () => {
    const misspelt = { setings: {}, store: undefined };
    const wrong = compiled([AskonceModule.forRootAsync({ useFactory: () => misspelt })]);
    await expect(wrong).rejects.toThrow('setings: there is no such option; did you mean settings?');
  });

  it('a factory that returns nothing leaves the defaults', async () => {
    const nothing = () => Reflect.get({}, 'options');
    const module = await compiled([AskonceModule.forRootAsync({ useFactory: nothing })]);
    expect((await module.get<symbol, Cache>(cacheToken()).statistics()).store.entries).toBe(0);
  });

  it('a cache and options to make one with are refused together', async () => {
    const cache = createCache();
    onTestFinished(async () => await cache.close());
    const wrong = compiled([AskonceModule.forRoot({ cache, settings: {} })]);
    await expect(wrong).rejects.toThrow(AskonceError);
  });

  it('a cache that the module made is closed with the application, one that it was given is not', async () => {
    const [own, given] = [closingStore(), closingStore()];
    const cache = createCache({ store: given });
    for (const options of [{ store: own }, { cache }]) {
      const module = await Test.createTestingModule({ imports: [AskonceModule.forRoot(options)] }).compile();
      await module.close();
    }
    expect([own.closed, given.closed]).toEqual([['closed'], []]);
    await cache.close();
  });

  it('an application that shuts down answers what is in progress, and then closes its store', async () => {
    const store = closingStore();
    const entered = Promise.withResolvers<void>();
    const leave = Promise.withResolvers<void>();
    @Controller()
    class Slow {
      @Get('slow')
      @Cached({ ttl: 60 })
      async slow() {
        entered.resolve();
        await leave.promise;
        return { done: true };
      }
    }
    @Module({ imports: [AskonceModule.forRoot({ store })], controllers: [Slow] })
    class App {}
    const { app, ask } = await start(App);
    const asked = [ask('/slow'), ask('/slow')];
    await entered.promise;
    const closing = app.close();
    await new Promise(setImmediate);
    expect(store.closed).toEqual([]);
    leave.resolve();
    for (const answer of await Promise.all(asked)) expect(await answer.json()).toEqual({ done: true });
    await closing;
    expect(store.closed).toEqual(['closed']);
  });

  it('a test may override the cache', async () => {
    const cache = createCache({ settings: { cachePrefix: 'tests' } });
    onTestFinished(async () => await cache.close());
    const module = await Test.createTestingModule({ imports: [AskonceModule.forRoot()], providers: [Reader] })
      .overrideProvider(cacheToken())
      .useValue(cache)
      .compile();
    onTestFinished(async () => await module.close());
    expect(module.get(Reader).cache).toBe(cache);
  });

  it('an application without a server has the cache, too', async () => {
    @Module({ imports: [AskonceModule.forRoot()], providers: [Reader] })
    class App {}
    const context = await NestFactory.createApplicationContext(App as Type, { logger: false });
    onTestFinished(async () => await context.close());
    expect(await prefixOf(context.get(Reader).cache)).toBe('askonce');
  });
});

describe('values by key', () => {
  async function values() {
    const module = await compiled([AskonceModule.forRoot()], []);
    return { values: module.get(AskonceValues), cache: module.get<Cache>(cacheToken()) };
  }

  it('are stored, read and deleted', async () => {
    const { values: held } = await values();
    expect(await held.get('one')).toBeUndefined();
    expect(await held.set('one', { a: [1] }, { ttl: 60, tags: ['kind=a'] })).toBe(true);
    expect(await held.get('one')).toEqual({ a: [1] });
    expect([await held.delete('one'), await held.delete('one')]).toEqual([true, false]);
  });

  it('are made once for all that wait for them', async () => {
    const { values: held } = await values();
    let made = 0;
    const make = async () => {
      made += 1;
      return await Promise.resolve(made);
    };
    expect(await Promise.all(Array.from({ length: 20 }, () => held.wrap('one', make)))).toEqual(
      Array(20).fill(1),
    );
    expect(await held.get('one')).toBe(1);
  });

  it('are cleared, and nothing else with them', async () => {
    const { values: held, cache } = await values();
    await held.set('one', 1);
    await held.set('two', 2);
    await askValue(cache, { name: 'other', input: 1 }, () => 3);
    expect(await held.clear()).toBe(2);
    expect(await held.get('one')).toBeUndefined();
    expect((await cache.statistics()).store.entries).toBe(1);
  });
});

@Injectable()
class Unused {
  constructor(@Inject(cacheToken()) readonly cache: Cache) {}
}

it('the token of a cache serves inject lists', async () => {
  const module = await compiled([AskonceModule.forRoot()], [Unused]);
  expect(module.get(Unused).cache).toBe(module.get(cacheToken()));
});
