/**
 * Methods of providers whose answers are cached as values.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as later } from 'node:timers/promises';
import { staticEmbedder } from '@askonce/embedder-static';
import { applyDecorators, Injectable, Module, Scope } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type Cache, memoryStore, type ObservedEvent } from 'askonce';
import { AskonceModule, Cached, cacheToken, InjectCache } from 'askonce/nestjs';
import { fakeClock } from 'askonce/testing';
import { from, lastValueFrom, Observable, toArray } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
// Loaded before the first question, which would not wait for it.
import '../../packages/askonce/src/semantic/tier.ts';

const seen: string[] = [];
const question = 'How do I reset my password?';
const again = 'How can I reset my password?';

@Injectable()
class Prices {
  readonly base = 7;

  constructor(@InjectCache() readonly cache: Cache) {}

  @Cached({
    ttl: 60,
    tags: (item: string) => [`item=${item}`],
    invalidateOn: ['prices.changed', 'POST /prices'],
  })
  async priceOf(item: string, options?: { readonly currency?: string }) {
    seen.push(`price ${item}`);
    await Promise.resolve();
    return { item, price: this.base, currency: options?.currency ?? 'EUR' };
  }

  @Cached()
  sync(item: string) {
    seen.push(`sync ${item}`);
    return item.toUpperCase();
  }

  /** Goes through the cache, as a call from outside does. */
  async both(item: string) {
    return [await this.priceOf(item), await this.priceOf(item)];
  }

  @Cached()
  async fails(item: string): Promise<string> {
    seen.push(`fails ${item}`);
    throw new TypeError(`no ${item}`);
  }

  @Cached({ key: (connection: WeakKey, room: string) => (connection instanceof Map ? room : undefined) })
  async inRoom(_connection: WeakKey, room: string) {
    seen.push(`room ${room}`);
    return room;
  }

  @Cached()
  async takesAnything(_connection: WeakKey) {
    return 1;
  }

  @Cached({ user: (_item: string, user: string) => user, key: (item: string) => item })
  async mine(item: string, user: string) {
    seen.push(`mine ${item} ${user}`);
    return `${item} of ${user}`;
  }

  @Cached()
  async *counted(to: number) {
    seen.push(`counted ${to}`);
    for (let at = 1; at <= to; at += 1) {
      await later(1);
      yield at;
    }
  }

  @Cached()
  observed(to: number): Observable<number> {
    seen.push(`observed ${to}`);
    return from(Array.from({ length: to }, (_, index) => index + 1));
  }

  @Cached()
  async unsaid(): Promise<Observable<number>> {
    return from([1]);
  }
}

async function prices(): Promise<Prices> {
  seen.length = 0;
  const module = await Test.createTestingModule({
    imports: [AskonceModule.forRoot()],
    providers: [Prices],
  }).compile();
  await module.init();
  onTestFinished(async () => await module.close());
  return module.get(Prices);
}

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const read: Value[] = [];
  for await (const value of values) read.push(value);
  return read;
}

describe('methods of providers', () => {
  it('a hundred concurrent calls with equal arguments run the method once, and each gets its value', async () => {
    const service = await prices();
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => service.priceOf('tea', { currency: 'GBP' })),
    );
    expect(seen).toEqual(['price tea']);
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set(['{"item":"tea","price":7,"currency":"GBP"}']),
    );
  });

  it('other arguments are another question, an absent one and undefined the same', async () => {
    const service = await prices();
    await service.priceOf('tea');
    await service.priceOf('tea', undefined);
    await service.priceOf('tea', { currency: 'GBP' });
    await service.priceOf('mate');
    expect(seen).toEqual(['price tea', 'price tea', 'price mate']);
  });

  it('a call by `this` inside the class goes through the cache', async () => {
    const service = await prices();
    expect(await service.both('tea')).toHaveLength(2);
    expect(seen).toEqual(['price tea']);
  });

  it('a synchronous method returns a promise of its value', async () => {
    const service = await prices();
    expect(service.sync('tea')).toBeInstanceOf(Promise);
    expect(await service.sync('tea')).toBe('TEA');
    expect(seen).toEqual(['sync tea']);
  });

  it('what a method throws reaches every caller unchanged, and is not stored', async () => {
    const service = await prices();
    const [one, other] = await Promise.allSettled([service.fails('tea'), service.fails('tea')]);
    expect(seen).toEqual(['fails tea']);
    expect(one).toMatchObject({ reason: new TypeError('no tea') });
    expect(other).toMatchObject({ reason: new TypeError('no tea') });
    await expect(service.fails('tea')).rejects.toThrow(TypeError);
    expect(seen).toHaveLength(2);
  });

  it('a key stands for the arguments, and a call whose key is undefined is not cached', async () => {
    const service = await prices();
    await service.inRoom(new Map(), 'hall');
    await service.inRoom(new Map([[1, 2]]), 'hall');
    await service.inRoom([], 'hall');
    await service.inRoom([], 'hall');
    expect(seen).toEqual(['room hall', 'room hall', 'room hall']);
  });

  it('an argument whose content JSON does not have is refused by name', async () => {
    const service = await prices();
    await expect(service.takesAnything(new Map([[1, 2]]))).rejects.toThrow('Prices.takesAnything');
    await expect(
      service.takesAnything(
        new (class Hidden {
          readonly #a = 1;
          a() {
            return this.#a;
          }
        })(),
      ),
    ).rejects.toThrow('key');
  });

  it('answers of two users are not shared, and can be invalidated by user', async () => {
    const service = await prices();
    expect([await service.mine('cup', 'ann'), await service.mine('cup', 'bob')]).toEqual([
      'cup of ann',
      'cup of bob',
    ]);
    await service.mine('cup', 'ann');
    expect(seen).toHaveLength(2);
    expect(await service.cache.invalidate({ user: 'ann' })).toBe(1);
    await service.mine('cup', 'ann');
    await service.mine('cup', 'bob');
    expect(seen).toEqual(['mine cup ann', 'mine cup bob', 'mine cup ann']);
  });

  it('tags and domain events invalidate answers', async () => {
    const service = await prices();
    await service.priceOf('tea');
    await service.priceOf('mate');
    expect(await service.cache.invalidate({ tags: ['item=tea'] })).toBe(1);
    expect(await service.cache.emit({ type: 'prices.changed' })).toBe(1);
    await service.priceOf('mate');
    expect(seen).toEqual(['price tea', 'price mate', 'price mate']);
  });

  it('an async generator is a stream of values that runs once, and is replayed', async () => {
    const service = await prices();
    expect(await Promise.all([all(service.counted(3)), all(service.counted(3))])).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(await all(service.counted(3))).toEqual([1, 2, 3]);
    expect(seen).toEqual(['counted 3']);
  });

  it('a method whose type says Observable returns one of the stored values', async () => {
    const service = await prices();
    const read = () => lastValueFrom(service.observed(3).pipe(toArray()));
    expect([await read(), await read()]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(seen).toEqual(['observed 3']);
  });

  it('a method gets copies of its arguments, and with a key the arguments themselves', async () => {
    const memory = memoryStore();
    const store = { ...memory, get: async (key: string) => await memory.get(key) };
    const module = await Test.createTestingModule({
      imports: [AskonceModule.forRoot({ store })],
      providers: [Pages],
    }).compile();
    onTestFinished(async () => await module.close());
    const pages = module.get(Pages);
    const query = { page: 0 };
    const loading = [0, 1].map((page) => {
      query.page = page;
      return pages.load(query);
    });
    expect(await Promise.all(loading)).toEqual(['page 0', 'page 1']);
    const trace: string[] = [];
    await pages.traced(1, trace);
    expect(trace).toEqual(['loaded']);
  });

  it('a stream belongs to the tenant of its call, wherever it is read', async () => {
    const module = await Test.createTestingModule({
      imports: [AskonceModule.forRoot()],
      providers: [Tenants],
    }).compile();
    onTestFinished(async () => await module.close());
    const tenants = module.get(Tenants);
    const callsOf = (tenant: string) =>
      current.run(tenant, () => [tenants.pulled(), iterated(tenants.pushed())]);
    const streams = ['ann', 'bob', 'ann'].map(callsOf);
    const read = await current.run('reader', () => Promise.all(streams.flat().map(all)));
    expect(read).toEqual([['ann'], ['ann'], ['bob'], ['bob'], ['ann'], ['ann']]);
  });

  it('a stream that fails before its first value leaves a stale one to be served', async () => {
    const clock = fakeClock();
    const module = await Test.createTestingModule({
      imports: [AskonceModule.forRoot({ clock })],
      providers: [Unsteady],
    }).compile();
    onTestFinished(async () => await module.close());
    const unsteady = module.get(Unsteady);
    expect(await all(unsteady.prices())).toEqual([7]);
    clock.advance(61_000);
    unsteady.isDown = true;
    expect(await all(unsteady.prices())).toEqual([7]);
    clock.advance(3_600_000);
    await expect(all(unsteady.prices())).rejects.toThrow('down');
  });

  it('a subscriber that leaves before the first value leaves the observable of the method', async () => {
    const module = await Test.createTestingModule({
      imports: [AskonceModule.forRoot({ settings: { abandoned: 'cancel' } })],
      providers: [Unsteady],
    }).compile();
    onTestFinished(async () => await module.close());
    const unsteady = module.get(Unsteady);
    const subscription = unsteady.silent().subscribe();
    await expect.poll(() => unsteady.listeners).toBe(1);
    subscription.unsubscribe();
    await expect.poll(() => unsteady.listeners).toBe(0);
  });

  it('a stream that no type shows is refused with advice', async () => {
    const service = await prices();
    await expect(service.unsaid()).rejects.toThrow("stream: 'iterable'");
  });

  it('an instance that Nest did not make runs its methods each time', async () => {
    const service = await prices();
    seen.length = 0;
    const own = new Prices(service.cache);
    await own.priceOf('tea');
    await own.priceOf('tea');
    expect(seen).toEqual(['price tea', 'price tea']);
  });

  it('an instance of a factory is given the cache when the application starts', async () => {
    seen.length = 0;
    const module = await Test.createTestingModule({
      imports: [AskonceModule.forRoot()],
      providers: [
        { provide: 'made', inject: [cacheToken()], useFactory: (cache: Cache) => new Prices(cache) },
      ],
    }).compile();
    await module.init();
    onTestFinished(async () => await module.close());
    const made = module.get<Prices>('made');
    await made.priceOf('tea');
    await made.priceOf('tea');
    expect(seen).toEqual(['price tea']);
  });
});

const promised: object = { context: async () => ({ user: 'ann' }) };

@Injectable()
class Promising {
  @Cached(promised)
  async find(id: string) {
    seen.push(id);
    return id;
  }
}

@Injectable()
class Intents {
  constructor(@InjectCache() readonly cache: Cache) {}

  @Cached({
    text: 0,
    context: (_text: string, language: string) => ({ language, category: 'support' }),
    facts: () => ({ model: 'classifier-1', usage: { inputTokens: 90, outputTokens: 10 } }),
  })
  async intentOf(text: string, _language: string) {
    seen.push(text);
    return { intent: 'help' };
  }

  @Cached({ text: 'text' })
  async ofMessage(message: { readonly text: string; readonly channel: string }) {
    seen.push(message.text);
    return message.channel;
  }
}

describe('methods and the semantic tier', () => {
  const events: ObservedEvent[] = [];

  async function intents() {
    seen.length = 0;
    const semantic = { embedder: staticEmbedder(), upper: 0.7, lower: 0.5 };
    const module = await Test.createTestingModule({
      imports: [
        AskonceModule.forRoot({ semantic, clock: fakeClock(), observe: (event) => events.push(event) }),
      ],
      providers: [Intents],
    }).compile();
    await module.init();
    onTestFinished(async () => await module.close());
    return module.get(Intents);
  }

  it('an argument that is named as the text finds the answer to the same question in other words', async () => {
    const service = await intents();
    for (const [text, language] of [
      [question, 'en'],
      [again, 'en'],
      [again, 'de'],
    ] as const)
      expect(await service.intentOf(text, language)).toEqual({ intent: 'help' });
    expect(seen).toEqual([question, again]);
    expect(await service.cache.invalidate({ category: 'support' })).toBe(2);
  });

  it('so does a property of the first argument, and all others must be equal', async () => {
    const service = await intents();
    for (const [text, channel] of [
      [question, 'web'],
      [again, 'web'],
      [again, 'phone'],
    ] as const)
      expect(await service.ofMessage({ text, channel })).toBe(channel);
    expect(seen).toEqual([question, again]);
  });

  it('what a value says about itself is stored with it', async () => {
    const service = await intents();
    await service.intentOf(question, 'en');
    await service.intentOf(question, 'en');
    expect(events.at(-1)).toMatchObject({ type: 'hit', savedTokens: 100 });
  });
});

abstract class Repository {
  protected abstract readonly table: string;

  @Cached({ ttl: 60 })
  async find(id: string) {
    seen.push(`${this.table} ${id}`);
    return `${this.table} ${id}`;
  }
}

@Injectable()
class Cats extends Repository {
  protected readonly table: string = 'cats';

  @Cached()
  async count() {
    seen.push('count');
    return 3;
  }
}

@Injectable()
class Dogs extends Repository {
  protected readonly table = 'dogs';
}

@Injectable()
class Lions extends Cats {
  protected override readonly table = 'lions';

  @Cached()
  override async find(id: string) {
    await Promise.resolve();
    return `the ${await super.find(id)}`;
  }

  beneath(id: string) {
    return super.find(id);
  }
}

class ListPrices {
  @Cached({ name: 'prices' })
  async priceOf(item: string) {
    seen.push(`list ${item}`);
    return 10;
  }
}

class DearPrices extends ListPrices {
  @Cached({ name: 'prices' })
  override async priceOf(item: string) {
    seen.push(`dear ${item}`);
    return 2 * (await super.priceOf(item));
  }
}

@Injectable()
class DearestPrices extends DearPrices {
  @Cached({ name: 'prices' })
  override async priceOf(item: string) {
    seen.push(`dearest ${item}`);
    return 3 * (await super.priceOf(item));
  }
}

const CachedByAll = () => applyDecorators(Cached({ key: 'all' }));

@Injectable()
class Decorated {
  @Cached()
  @CachedByAll()
  async twice(item: string) {
    seen.push(`twice ${item}`);
    return item;
  }

  @Cached(false)
  @CachedByAll()
  async never(item: string) {
    seen.push(`never ${item}`);
    return item;
  }
}

@Injectable()
class Streams {
  @Cached()
  async *pulled(_socket: unknown) {
    yield 1;
  }

  @Cached({ stream: 'observable' })
  pushed(_socket: unknown): unknown {
    return from([1]);
  }
}

/** Whose request it is. */
const current = new AsyncLocalStorage<string>();

/** Subscribes when the first value is asked for. */
async function* iterated<Value>(observable: Observable<Value>): AsyncGenerator<Value> {
  yield* await lastValueFrom(observable.pipe(toArray()));
}

@Injectable()
class Tenants {
  @Cached({ tenant: () => current.getStore() })
  async *pulled() {
    yield current.getStore();
  }

  @Cached({ tenant: () => current.getStore() })
  pushed(): Observable<string | undefined> {
    return new Observable((subscriber) => {
      subscriber.next(current.getStore());
      subscriber.complete();
    });
  }
}

@Injectable()
class Unsteady {
  isDown = false;
  listeners = 0;

  @Cached({ ttl: 60, staleIfError: 3600 })
  async *prices() {
    if (this.isDown) throw new Error('down');
    yield 7;
  }

  @Cached()
  silent(): Observable<number> {
    return new Observable(() => {
      this.listeners += 1;
      return () => {
        this.listeners -= 1;
      };
    });
  }
}

@Injectable()
class Pages {
  @Cached()
  async load(query: { page: number }) {
    return `page ${query.page}`;
  }

  @Cached({ key: (page: number) => page })
  async traced(_page: number, trace: string[]) {
    trace.push('loaded');
    return null;
  }
}

@Injectable({ scope: Scope.REQUEST })
class Scoped {
  @Cached({ name: 'scoped' })
  async find(id: string) {
    seen.push(`scoped ${id}`);
    return id;
  }
}

const twin = () => {
  @Injectable()
  class Twin {
    @Cached()
    async find() {
      return 1;
    }
  }
  return Twin;
};

describe('classes with cached methods', () => {
  it('two classes that inherit a cached method do not share its answers', async () => {
    seen.length = 0;
    const module = await Test.createTestingModule({
      imports: [AskonceModule.forRoot()],
      providers: [Cats, Dogs],
    }).compile();
    onTestFinished(async () => await module.close());
    const [cats, dogs] = [module.get(Cats), module.get(Dogs)];
    expect([
      await cats.find('1'),
      await dogs.find('1'),
      await cats.find('1'),
      await cats.count(),
      await cats.count(),
    ]).toEqual(['cats 1', 'dogs 1', 'cats 1', 3, 3]);
    expect(seen).toEqual(['cats 1', 'dogs 1', 'count']);
  });

  it('a cached method that overrides another, and calls it, has answers of its own', async () => {
    seen.length = 0;
    const module = await Test.createTestingModule({
      imports: [AskonceModule.forRoot()],
      providers: [Lions, Cats],
    }).compile();
    onTestFinished(async () => await module.close());
    const [lions, cats] = [module.get(Lions), module.get(Cats)];
    expect([
      await lions.find('1'),
      await lions.find('1'),
      await lions.beneath('1'),
      await cats.find('1'),
    ]).toEqual(['the lions 1', 'the lions 1', 'lions 1', 'cats 1']);
    expect(seen).toEqual(['lions 1', 'cats 1']);
  });

  it('cached methods of one name that override each other have answers of each', async () => {
    seen.length = 0;
    const module = await Test.createTestingModule({
      imports: [AskonceModule.forRoot()],
      providers: [DearestPrices],
    }).compile();
    onTestFinished(async () => await module.close());
    const prices = module.get(DearestPrices);
    expect([await prices.priceOf('cup'), await prices.priceOf('cup')]).toEqual([60, 60]);
    expect(seen).toEqual(['dearest cup', 'dear cup', 'list cup']);
  });

  it('a context that a function returns as a promise is refused: a promise has no user', async () => {
    seen.length = 0;
    const module = await Test.createTestingModule({
      imports: [AskonceModule.forRoot()],
      providers: [Promising],
    }).compile();
    onTestFinished(async () => await module.close());
    const refused = { code: 'invalid_settings', message: expect.stringContaining('not as a promise') };
    await expect(module.get(Promising).find('1')).rejects.toMatchObject(refused);
    expect(seen).toEqual([]);
  });

  it('a stream that is never read causes no unhandled rejection if its question is refused', async () => {
    const module = await Test.createTestingModule({
      imports: [AskonceModule.forRoot()],
      providers: [Streams],
    }).compile();
    onTestFinished(async () => await module.close());
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
    onTestFinished(() => {
      process.off('unhandledRejection', note);
      for (const other of others) process.on('unhandledRejection', other);
    });
    const streams = module.get(Streams);
    const pulled = streams.pulled(new Map());
    streams.pushed(new Map());
    // Node reports them before the next timer.
    await later(0);
    expect(unhandled).toEqual([]);
    await expect(pulled.next()).rejects.toThrow('is not JSON');
  });

  it('of several decorators of a method, the topmost counts', async () => {
    seen.length = 0;
    const module = await Test.createTestingModule({
      imports: [AskonceModule.forRoot()],
      providers: [Decorated],
    }).compile();
    onTestFinished(async () => await module.close());
    const decorated = module.get(Decorated);
    for (const item of ['a', 'b', 'a']) expect(await decorated.twice(item)).toBe(item);
    for (const item of ['a', 'a']) expect(await decorated.never(item)).toBe(item);
    expect(seen).toEqual(['twice a', 'twice b', 'never a', 'never a']);
  });

  it('instances of a request-scoped provider share the answers of a method that is named', async () => {
    seen.length = 0;
    const module = await Test.createTestingModule({
      imports: [AskonceModule.forRoot()],
      providers: [Scoped],
    }).compile();
    await module.init();
    onTestFinished(async () => await module.close());
    const [one, other] = [await module.resolve(Scoped), await module.resolve(Scoped)];
    expect(one).not.toBe(other);
    await one.find('1');
    await other.find('1');
    expect(seen).toEqual(['scoped 1']);
  });

  it('two classes of one name with a cached method of one name are refused at the start', async () => {
    const testing = Test.createTestingModule({
      imports: [AskonceModule.forRoot()],
      providers: [twin(), { provide: 'other', useClass: twin() }],
    });
    await expect(testing.compile()).rejects.toThrow('Two classes have a cached method Twin.find');
  });

  it('a module whose classes have cached methods needs the cache', async () => {
    @Module({ providers: [Cats] })
    class Alone {}
    await expect(Test.createTestingModule({ imports: [Alone] }).compile()).rejects.toThrow(
      'askonce cache default',
    );
  });

  it.each<[string, object]>([
    ['ttl', { ttl: Number.NaN }],
    ['staleIfError', { staleIfError: -1 }],
    ['there is no such option', { ttll: 60 }],
    ['POST  /orders', { invalidateOn: ['POST  /orders'] }],
    ['post /orders', { invalidateOn: ['post /orders'] }],
  ])('Cached refuses a wrong option: %s', (fault, options) => {
    expect(() => Cached(options)).toThrow(fault);
  });

  it('Cached refuses what is no method of an instance', () => {
    const property = () => {
      class Wrong {
        @Cached()
        static async find() {
          return 1;
        }
      }
      return Wrong;
    };
    expect(property).toThrow('no method of an instance');
  });
});
