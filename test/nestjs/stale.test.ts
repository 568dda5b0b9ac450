/**
 * Stale answers of routes and methods: served at once and made anew behind the caller, or served if the handler fails.
 */
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Module,
  type NestInterceptor,
  NotFoundException,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { AskonceModule, Cached } from 'askonce/nestjs';
import { type FakeClock, fakeClock } from 'askonce/testing';
import { tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { cameFrom, platforms, start } from './start.ts';

class Source {
  count = 0;
  failure: Error | undefined;

  next() {
    this.count += 1;
    if (this.failure !== undefined) throw this.failure;
    return { count: this.count };
  }
}

interface SettingResponse {
  header(name: string, value: string): unknown;
}

@Injectable()
class Numbered implements NestInterceptor {
  constructor(private readonly source: Source) {}

  intercept(context: ExecutionContext, next: CallHandler) {
    const response = context.switchToHttp().getResponse<SettingResponse>();
    return next.handle().pipe(tap(() => response.header('X-Number', String(this.source.count))));
  }
}

@Controller()
class StaleController {
  constructor(private readonly source: Source) {}

  @Get('behind')
  @UseInterceptors(Numbered)
  @Cached({ ttl: 60, staleWhileRevalidate: 600 })
  behind() {
    return this.source.next();
  }

  @Get('holding')
  @Cached({ ttl: 60, staleWhileRevalidate: 600 })
  holding(@Res({ passthrough: true }) response: SettingResponse) {
    response.header('X-Number', String(this.source.count + 1));
    return this.source.next();
  }

  @Get('failing')
  @Cached({ ttl: 60, staleIfError: 600 })
  failing() {
    return this.source.next();
  }

  @Get('value')
  async value() {
    return await this.valued();
  }

  @Cached({ ttl: 60, staleWhileRevalidate: 600 })
  async valued() {
    return this.source.next();
  }
}

async function stale(platform: (typeof platforms)[number]) {
  const clock: FakeClock = fakeClock();
  @Module({
    imports: [AskonceModule.forRoot({ clock, settings: { staleWhileRevalidate: true } })],
    controllers: [StaleController],
    providers: [Source],
  })
  class App {}
  const { app, ask } = await start(App, { platform });
  const read = async (path: string) => {
    const answer = await ask(path);
    return {
      status: answer.status,
      from: cameFrom(answer),
      number: answer.headers.get('x-number'),
      value: await answer.json(),
    };
  };
  return { read, source: app.get(Source), clock };
}

describe.each(platforms)('stale answers on %s', (platform) => {
  it('a stale answer is served at once, and replaced behind it with all its headers', async () => {
    const { read, clock } = await stale(platform);
    expect(await read('/behind')).toMatchObject({ number: '1', value: { count: 1 } });
    await clock.advance(61_000);
    expect(await read('/behind')).toMatchObject({
      from: expect.stringMatching(/^askonce; hit/),
      number: '1',
      value: { count: 1 },
    });
    await expect.poll(async () => await read('/behind')).toMatchObject({ number: '2', value: { count: 2 } });
  });

  it('the answer of a handler that holds the response is made anew before it is served', async () => {
    const { read, clock, source } = await stale(platform);
    expect(await read('/holding')).toMatchObject({ number: '1', value: { count: 1 } });
    await clock.advance(61_000);
    expect(await read('/holding')).toMatchObject({ number: '2', value: { count: 2 } });
    expect(source.count).toBe(2);
  });

  it('a stale answer stands in for a handler that fails, but not for one that says that there is none', async () => {
    const { read, clock, source } = await stale(platform);
    await read('/failing');
    await clock.advance(61_000);
    source.failure = new Error('broken');
    expect(await read('/failing')).toMatchObject({ status: 200, value: { count: 1 } });
    source.failure = new NotFoundException('gone');
    expect(await read('/failing')).toMatchObject({ status: 404, value: { message: 'gone' } });
  });

  it('a stale value is returned at once, and made anew behind it', async () => {
    const { read, clock } = await stale(platform);
    expect((await read('/value')).value).toEqual({ count: 1 });
    await clock.advance(61_000);
    expect((await read('/value')).value).toEqual({ count: 1 });
    await expect.poll(async () => (await read('/value')).value).toEqual({ count: 2 });
  });
});
