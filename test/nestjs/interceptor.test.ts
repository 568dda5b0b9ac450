/**
 * What the documentation of `@nestjs/cache-manager` shows, with this cache.
 */
import {
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Module,
  Post,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { AskonceInterceptor, AskonceModule, Cached } from 'askonce/nestjs';
import { describe, expect, it } from 'vitest';
import { platforms, start } from './start.ts';

class Calls {
  readonly seen: string[] = [];
}

@Injectable()
class ByUser extends AskonceInterceptor {
  constructor(readonly calls: Calls) {
    super();
  }

  override trackBy(context: ExecutionContext): unknown {
    const { headers } = context.switchToHttp().getRequest();
    this.calls.seen.push('tracked');
    return headers['x-user'];
  }
}

@Controller('auto')
@UseInterceptors(AskonceInterceptor)
class AutoController {
  constructor(private readonly calls: Calls) {}

  @Get()
  list() {
    this.calls.seen.push('list');
    return [1];
  }

  @Post()
  add() {
    this.calls.seen.push('add');
    return 2;
  }

  @Get('mine')
  @UseInterceptors(ByUser)
  mine() {
    this.calls.seen.push('mine');
    return 3;
  }
}

@Controller('plain')
class PlainController {
  constructor(private readonly calls: Calls) {}

  @Get()
  list() {
    this.calls.seen.push('plain');
    return 1;
  }

  @Get('never')
  @Cached(false)
  never() {
    this.calls.seen.push('never');
    return 2;
  }
}

const parts = { controllers: [AutoController, PlainController], providers: [Calls] };

@Module({ imports: [AskonceModule.forRoot({ endpoints: { ttl: 60 } })], ...parts })
class ByController {}

@Module({
  imports: [AskonceModule.forRoot({ endpoints: { ttl: 60 } })],
  ...parts,
  providers: [Calls, { provide: APP_INTERCEPTOR, useClass: AskonceInterceptor }],
})
class ByApplication {}

describe.each(platforms)('automatic caching on %s', (platform) => {
  it('caches all routes that read of the controllers that it is bound to', async () => {
    const { app, ask } = await start(ByController, { platform });
    for (const path of ['/auto', '/auto', '/plain', '/plain']) await ask(path);
    await ask('/auto', { method: 'POST' });
    expect(app.get(Calls).seen).toEqual(['list', 'plain', 'plain', 'add']);
  });

  it('caches all routes that read of an application whose interceptor it is', async () => {
    const { app, ask } = await start(ByApplication, { platform });
    for (const path of ['/plain', '/plain', '/plain/never', '/plain/never']) await ask(path);
    expect(app.get(Calls).seen).toEqual(['plain', 'never', 'never']);
  });

  it('is an interceptor of `useGlobalInterceptors`, too', async () => {
    const { app, ask } = await start(ByController, {
      platform,
      prepare: (made) => void made.useGlobalInterceptors(new AskonceInterceptor()),
    });
    for (const path of ['/plain', '/plain']) await ask(path);
    expect(app.get(Calls).seen).toEqual(['plain']);
  });

  it('a subclass tracks by something else, and does not cache what it returns undefined for', async () => {
    const { app, ask } = await start(ByController, { platform });
    const as = async (user?: string) =>
      await ask('/auto/mine', user === undefined ? {} : { headers: { 'x-user': user } });
    for (const user of ['ann', 'ann', 'bob', undefined, undefined]) await as(user);
    expect(app.get(Calls).seen.filter((call) => call === 'mine')).toHaveLength(4);
  });
});
