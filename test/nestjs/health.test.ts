/**
 * The health indicator with Terminus, before a real Redis.
 */
import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { AskonceHealthIndicator, AskonceModule } from 'askonce/nestjs';
import { redisStore } from 'askonce/redis';
import { expect, it } from 'vitest';
import { startRedis } from '../support/redis-server.ts';
import { start } from './start.ts';

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly askonce: AskonceHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  async check() {
    return await this.health.check([async () => await this.askonce.isHealthy('cache', { timeoutMs: 500 })]);
  }
}

it('is up with details while the store answers, and down once Redis is stopped', async () => {
  const redis = await startRedis();
  const store = await redisStore({ url: redis.url });
  @Module({ imports: [TerminusModule, AskonceModule.forRoot({ store })], controllers: [HealthController] })
  class App {}
  const { ask } = await start(App);

  // A connection, and a reading of the invalidation log, come a moment after the start and after a restart.
  const becomes = (expected: object) =>
    expect
      .poll(
        async () => {
          const answer = await ask('/health');
          return { code: answer.status, body: await answer.json() };
        },
        { timeout: 20_000 },
      )
      .toMatchObject(expected);

  const up = {
    code: 200,
    body: {
      status: 'ok',
      info: {
        cache: {
          status: 'up',
          store: { name: 'redis', entries: 0 },
          flights: 0,
          semantic: { state: 'off' },
        },
      },
    },
  };
  await becomes(up);

  await redis.kill();
  await becomes({
    code: 503,
    body: { status: 'error', error: { cache: { status: 'down', message: expect.any(String) } } },
  });

  await redis.restart();
  await becomes(up);
}, 70_000);

it('is up in memory, and needs no Terminus', async () => {
  @Controller('health')
  class Plain {
    constructor(private readonly askonce: AskonceHealthIndicator) {}

    @Get()
    async check() {
      return await this.askonce.isHealthy('cache');
    }
  }
  @Module({ imports: [AskonceModule.forRoot()], controllers: [Plain] })
  class App {}
  const { ask } = await start(App);
  expect(await (await ask('/health')).json()).toMatchObject({
    cache: { status: 'up', store: { name: 'memory' } },
  });
});
