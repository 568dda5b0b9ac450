/** Routes, methods, writes, events, values by key and health in one Nest application. */
import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Module,
  Param,
  Put,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import type { Cache } from 'askonce';
import { AskonceHealthIndicator, AskonceModule, AskonceValues, Cached, InjectCache } from 'askonce/nestjs';

interface SignedIn {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

@Injectable()
class SignedInGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    return context.switchToHttp().getRequest<SignedIn>().headers['x-user'] !== undefined;
  }
}

@Injectable()
class Prices {
  private readonly prices = new Map([['tea', 4]]);

  constructor(
    @InjectCache() private readonly cache: Cache,
    private readonly values: AskonceValues,
  ) {}

  @Cached({
    ttl: 3600,
    tags: (item: string) => [`item=${item}`],
    invalidateOn: ['prices.changed', 'PUT /prices/:item'],
  })
  async priceOf(item: string) {
    console.log(`  looks up ${item}`);
    return this.prices.get(item) ?? 0;
  }

  set(item: string, price: number) {
    this.prices.set(item, price);
  }

  async import(prices: Readonly<Record<string, number>>) {
    for (const [item, price] of Object.entries(prices)) this.prices.set(item, price);
    await this.cache.emit({ type: 'prices.changed' });
  }

  async rate() {
    return await this.values.wrap('rate EUR', async () => 1.1, { ttl: 600 });
  }
}

@Controller('prices')
class PricesController {
  constructor(private readonly prices: Prices) {}

  @Get(':item')
  @Cached({ ttl: 60, staleWhileRevalidate: 600, invalidateOn: ['PUT', 'prices.changed'] })
  async find(@Param('item') item: string) {
    return { item, price: await this.prices.priceOf(item), rate: await this.prices.rate() };
  }

  @Put(':item')
  change(@Param('item') item: string, @Body() { price }: { readonly price: number }) {
    this.prices.set(item, price);
  }
}

@Controller('basket')
@UseGuards(SignedInGuard)
class BasketController {
  @Get()
  @Cached({ ttl: 60, user: (request: SignedIn) => request.headers['x-user'] })
  find() {
    console.log('  reads a basket');
    return [];
  }
}

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly askonce: AskonceHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  async check() {
    return await this.health.check([() => this.askonce.isHealthy('cache')]);
  }
}

@Module({
  imports: [
    TerminusModule,
    AskonceModule.forRootAsync({
      useFactory: () => ({ settings: { memoryCacheSize: 10_000 }, endpoints: { ttl: 30 } }),
    }),
  ],
  controllers: [PricesController, BasketController, HealthController],
  providers: [Prices, SignedInGuard],
})
class ShopModule {}

const app = await NestFactory.create(ShopModule, { logger: ['error'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();

async function read(path: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(url + path, { headers });
  const from = answer.headers.get('cache-status') ?? 'no cache';
  console.log(path, answer.status, from, path === '/health' ? '' : await answer.text());
}

await read('/prices/tea');
await read('/prices/tea');
await fetch(`${url}/prices/tea`, {
  method: 'PUT',
  headers: { 'content-type': 'application/json' },
  body: '{"price":5}',
});
await read('/prices/tea');
await app.get(Prices).import({ tea: 6 });
await read('/prices/tea');
await read('/basket');
await read('/basket', { 'x-user': 'ann' });
await read('/basket', { 'x-user': 'bob' });
await read('/basket', { 'x-user': 'ann' });
await read('/health');
await app.close();
