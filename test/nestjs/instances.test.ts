/**
 * Cached methods of which an application has several instances.
 */
import {
  Controller,
  Inject,
  Injectable,
  type LoggerService,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  Post,
  Scope,
  type Type,
} from '@nestjs/common';
import { ContextIdFactory, LazyModuleLoader, ModuleRef, NestFactory, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { createCache } from 'askonce';
import { AskonceModule, Cached, cacheToken } from 'askonce/nestjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { start } from './start.ts';

let runs = 0;

@Injectable({ scope: Scope.REQUEST })
class Me {
  constructor(@Inject(REQUEST) private readonly request: { readonly user: string }) {}

  @Cached()
  async name() {
    return this.request.user;
  }

  @Cached({
    key(this: Me) {
      return this.request.user;
    },
  })
  async keyed() {
    runs += 1;
    return this.request.user;
  }

  @Cached({ name: 'motto' })
  async motto() {
    runs += 1;
    return 'for all';
  }
}

/** A request-scoped dependency makes a provider request-scoped, which its own decorator does not say. */
@Injectable()
class Greeting {
  constructor(private readonly me: Me) {}

  @Cached()
  async text() {
    return `Hello ${await this.me.name()}`;
  }
}

@Injectable()
class Repo {
  constructor(@Inject('TENANT') private readonly tenant: string) {}

  @Cached()
  async name() {
    return this.tenant;
  }
}

@Injectable()
class Tenant {
  tenant = '';

  @Cached()
  async name() {
    return this.tenant;
  }
}

@Injectable()
class Single {
  @Cached()
  async count() {
    runs += 1;
    return runs;
  }
}

async function started(parts: { readonly imports?: Type[]; readonly providers?: Type[] }) {
  runs = 0;
  const warned: string[] = [];
  const logger: LoggerService = {
    log() {},
    error() {},
    warn: (message) => void warned.push(String(message)),
  };
  @Module({ ...parts, imports: [AskonceModule.forRoot(), ...(parts.imports ?? [])] })
  class App {}
  const app = await NestFactory.createApplicationContext(App, { logger, abortOnError: false });
  onTestFinished(async () => await app.close());
  return { app, warned };
}

it('a method that writes invalidate makes writes count in its own application alone', async () => {
  @Injectable()
  class Counted {
    @Cached({ invalidateOn: ['POST /orders'], name: 'count of orders' })
    async count() {
      return 1;
    }
  }
  @Controller('orders')
  class Orders {
    @Post()
    place() {
      return 'placed';
    }
  }
  const invalidations = async (providers: Type[]) => {
    const events: string[] = [];
    const cache = createCache({ observe: ({ type }) => events.push(type) });
    @Module({ imports: [AskonceModule.forRoot({ cache })], controllers: [Orders], providers })
    class App {}
    const { ask } = await start(App);
    expect((await ask('/orders', { method: 'POST' })).status).toBe(201);
    await cache.close();
    return events.filter((type) => type === 'invalidated').length;
  };
  expect([await invalidations([Counted]), await invalidations([])]).toEqual([1, 0]);
});

it('a write invalidates the answers of a method whose module was loaded after an earlier write', async () => {
  @Injectable()
  class Orders {
    placed = 0;

    @Cached({ invalidateOn: ['POST /orders'] })
    async count() {
      return this.placed;
    }
  }
  @Module({ providers: [Orders] })
  class OrdersModule {}
  @Controller('orders')
  class OrdersController {
    @Post()
    place() {
      return 'placed';
    }
  }
  @Module({ imports: [AskonceModule.forRoot()], controllers: [OrdersController] })
  class App {}
  const { app, ask } = await start(App);
  await ask('/orders', { method: 'POST' });
  const orders = (await app.get(LazyModuleLoader).load(() => OrdersModule)).get(Orders);
  expect(await orders.count()).toBe(0);
  orders.placed = 1;
  expect(await orders.count()).toBe(0);
  await ask('/orders', { method: 'POST' });
  expect(await orders.count()).toBe(1);
});

it('an instance of middleware has its answers cached', async () => {
  runs = 0;
  const tenants: number[] = [];
  @Injectable()
  class TenantMiddleware {
    @Cached()
    async tenant() {
      runs += 1;
      return runs;
    }

    async use(_request: unknown, _response: unknown, next: () => void) {
      tenants.push(await this.tenant());
      next();
    }
  }
  @Module({ imports: [AskonceModule.forRoot()] })
  class App implements NestModule {
    configure(consumer: MiddlewareConsumer) {
      consumer.apply(TenantMiddleware).forRoutes('tenants');
    }
  }
  const { ask } = await start(App);
  for (const _ of [1, 2]) await ask('/tenants');
  expect(tenants).toEqual([1, 1]);
});

describe('cached methods with several instances', () => {
  async function asUsers() {
    const { app, warned } = await started({ providers: [Me, Greeting] });
    const as = async (user: string) => {
      const context = ContextIdFactory.create();
      app.registerRequestByContextId({ user }, context);
      const [me, greeting] = [await app.resolve(Me, context), await app.resolve(Greeting, context)];
      return { me, greeting };
    };
    return { ann: await as('ann'), bob: await as('bob'), warned };
  }

  it('an instance for each request has answers of its own, and a warning says why they are not cached', async () => {
    const { ann, bob, warned } = await asUsers();
    expect([await ann.me.name(), await bob.me.name()]).toEqual(['ann', 'bob']);
    expect([await ann.greeting.text(), await bob.greeting.text()]).toEqual(['Hello ann', 'Hello bob']);
    expect(warned.map((text) => text.split(' is not cached')[0]).sort()).toEqual([
      'Greeting.text',
      'Me.name',
    ]);
  });

  it('a key of the instance, or a name, has the answers cached', async () => {
    const { ann, bob } = await asUsers();
    const asked = async () => [
      await ann.me.keyed(),
      await bob.me.keyed(),
      await ann.me.motto(),
      await bob.me.motto(),
    ];
    expect([await asked(), await asked()]).toEqual(Array(2).fill(['ann', 'bob', 'for all', 'for all']));
    expect(runs).toBe(3);
  });

  it('a class that two modules provide with different dependencies has answers of each', async () => {
    @Module({ providers: [{ provide: 'TENANT', useValue: 'A' }, Repo] })
    class A {}
    @Module({ providers: [{ provide: 'TENANT', useValue: 'B' }, Repo] })
    class B {}
    const { app, warned } = await started({ imports: [A, B] });
    const repos = [A, B].map((one) => app.select(one).get(Repo, { strict: true }));
    for (const _ of [1, 2]) expect(await Promise.all(repos.map((repo) => repo.name()))).toEqual(['A', 'B']);
    expect(warned).toEqual([expect.stringContaining('Repo.name is not cached')]);
  });

  it('instances of two factories have answers of each, and an alias is no second instance', async () => {
    @Module({
      providers: [
        { provide: 'a', useFactory: () => new Repo('A') },
        { provide: 'b', useFactory: () => new Repo('B') },
        Single,
        { provide: 'alias', useExisting: Single },
      ],
    })
    class Made {}
    const { app, warned } = await started({ imports: [Made] });
    for (const _ of [1, 2])
      expect([await app.get<Repo>('a').name(), await app.get<Repo>('b').name()]).toEqual(['A', 'B']);
    expect([await app.get(Single).count(), await app.get<Single>('alias').count()]).toEqual([1, 1]);
    expect(warned).toEqual([expect.stringContaining('Repo.name is not cached')]);
  });

  it('instances that a module makes which is loaded lazily have answers of each', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Counter {
      start = 0;

      @Cached()
      async count() {
        return this.start;
      }
    }
    @Injectable()
    class Up {
      constructor(readonly counter: Counter) {
        counter.start = 1;
      }
    }
    @Injectable()
    class Down {
      constructor(readonly counter: Counter) {
        counter.start = 9;
      }
    }
    @Module({ providers: [Counter, Up, Down, { provide: 'TENANT', useValue: 'C' }, Repo, Single] })
    class Lazy {}
    @Module({ providers: [{ provide: 'TENANT', useValue: 'A' }, Repo] })
    class Eager {}
    const { app, warned } = await started({ imports: [Eager] });
    const eager = app.get(Repo);
    expect(await eager.name()).toBe('A');
    const lazy = await app.get(LazyModuleLoader).load(() => Lazy);
    const [up, down] = [lazy.get(Up).counter, lazy.get(Down).counter];
    expect([await up.count(), await down.count()]).toEqual([1, 9]);
    expect([await lazy.get(Repo, { strict: true }).name(), await eager.name()]).toEqual(['C', 'A']);
    expect([await lazy.get(Single).count(), await lazy.get(Single).count()]).toEqual([1, 1]);
    expect(warned.map((text) => text.split(' is not cached')[0])).toEqual(['Counter.count', 'Repo.name']);
  });

  it('so they have by a cache that is loaded with their module', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Side {
      name = '';

      @Cached({ cache: 'sides' })
      async side() {
        return this.name;
      }
    }
    @Injectable()
    class Left {
      constructor(readonly side: Side) {
        side.name = 'left';
      }
    }
    @Injectable()
    class Right {
      constructor(readonly side: Side) {
        side.name = 'right';
      }
    }
    @Module({ imports: [AskonceModule.forRoot({ name: 'sides' })], providers: [Side, Left, Right] })
    class Lazy {}
    const { app, warned } = await started({});
    const lazy = await app.get(LazyModuleLoader).load(() => Lazy);
    const sides = [lazy.get(Left).side, lazy.get(Right).side];
    expect(await Promise.all(sides.map((side) => side.side()))).toEqual(['left', 'right']);
    expect(warned).toEqual([expect.stringContaining('Side.side is not cached')]);
  });

  it("a cache that a test puts in the place of the module's knows the instances, too", async () => {
    const cache = createCache();
    onTestFinished(() => cache.close());
    const testing = Test.createTestingModule({ imports: [AskonceModule.forRoot()] });
    const app = await testing.overrideProvider(cacheToken()).useValue(cache).compile();
    onTestFinished(async () => await app.close());
    await app.init();
    const repoOf = async (tenant: string) =>
      Object.assign(await app.get(ModuleRef).create(Tenant), { tenant });
    expect(await (await repoOf('A')).name()).toBe('A');
    expect(await (await repoOf('B')).name()).toBe('B');
  });

  it('instances of ModuleRef.create have answers of each', async () => {
    const { app, warned } = await started({});
    const of = async (tenant: string) => Object.assign(await app.get(ModuleRef).create(Tenant), { tenant });
    expect(await (await of('A')).name()).toBe('A');
    expect(await (await of('B')).name()).toBe('B');
    expect(warned).toEqual([expect.stringContaining('Tenant.name is not cached')]);
  });
});
