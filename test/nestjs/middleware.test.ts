/**
 * What middleware says of an answer before the handler runs: whether it may be stored, and by which headers it differs.
 */
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { AskonceModule, Cached } from 'askonce/nestjs';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { cameFrom, platforms, start } from './start.ts';

class Source {
  count = 0;
}

@Controller()
class CountingController {
  constructor(private readonly source: Source) {}

  @Get('counted')
  @Cached({ ttl: 60, staleWhileRevalidate: 600 })
  counted() {
    this.source.count += 1;
    return { count: this.source.count };
  }
}

interface NodeResponse {
  setHeader(name: string, value: string): unknown;
  writeHead(...given: unknown[]): unknown;
}

/** As middleware of sessions does it. */
function late(response: NodeResponse): void {
  const { writeHead } = response;
  response.writeHead = (...given) => {
    response.setHeader('Set-Cookie', 'visitor=1');
    return Reflect.apply(writeHead, response, given);
  };
}

describe.each(platforms)('headers that middleware sets on %s', (platform) => {
  async function counting(
    fields: () => Readonly<Record<string, string>>,
    around: (response: NodeResponse) => void = () => {},
  ) {
    const clock = fakeClock();
    @Module({
      imports: [AskonceModule.forRoot({ clock })],
      controllers: [CountingController],
      providers: [Source],
    })
    class App {}
    const prepare = (app: INestApplication) =>
      app.use((_request: unknown, response: NodeResponse, next: () => void) => {
        for (const [name, value] of Object.entries(fields())) response.setHeader(name, value);
        around(response);
        next();
      });
    const { ask } = await start(App, { platform, prepare });
    const read = async (headers: Readonly<Record<string, string>> = {}) => {
      const answer = await ask('/counted', { headers });
      return { number: await answer.json(), from: cameFrom(answer), headers: answer.headers };
    };
    return { read, clock };
  }

  it.each(['no-store', 'private', 'no-cache'])(
    'an answer that they call %s is made for each client',
    async (value) => {
      const { read } = await counting(() => ({ 'Cache-Control': value }));
      const [one, other] = [await read(), await read()];
      expect([one.number, other.number]).toEqual([{ count: 1 }, { count: 2 }]);
      expect(other.headers.get('cache-control')).toBe(value);
    },
  );

  it('clients whose headers differ where their Vary says so do not share an answer, nor one that was made behind them', async () => {
    const { read, clock } = await counting(() => ({ Vary: 'X-Lang' }));
    const [de, en] = [{ 'x-lang': 'de' }, { 'x-lang': 'en' }];
    const numbers = async () => [(await read(de)).number, (await read(en)).number];
    expect([await numbers(), await numbers()]).toEqual(Array(2).fill([{ count: 1 }, { count: 2 }]));
    clock.advance(120_000);
    expect((await read(de)).number).toEqual({ count: 1 });
    await expect.poll(async () => (await read(de)).number).toEqual({ count: 3 });
    expect((await read(de)).headers.get('vary')).toBe('X-Lang');
    expect((await read(en)).number).not.toEqual({ count: 3 });
  });

  it('an answer that is for one client by a cookie of theirs is shared with no other', async () => {
    let visitor = 0;
    const { read } = await counting(() => ({ 'Set-Cookie': `visitor=${++visitor}` }));
    for (const count of [1, 2, 3]) {
      const { number, headers } = await read();
      expect([number, headers.getSetCookie()]).toEqual([{ count }, [`visitor=${count}`]]);
    }
  });

  it('a cookie that is set while the head is sent keeps the answer from others', async () => {
    const { read } = await counting(() => ({}), late);
    for (const count of [1, 2, 3]) {
      const { number, headers } = await read();
      expect([number, headers.getSetCookie()]).toEqual([{ count }, ['visitor=1']]);
    }
  });

  it('headers that belong to one request are those of each client', async () => {
    let id = 0;
    const { read } = await counting(() => ({ 'X-Request-Id': String(++id) }));
    const ids = [await read(), await read()].map(({ headers }) => headers.get('x-request-id'));
    expect(ids).toEqual(['1', '2']);
  });
});
