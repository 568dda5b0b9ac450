/**
 * Handlers of messages and events of a microservice, whose answers are cached as values.
 */
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type CustomTransportStrategy,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Server,
} from '@nestjs/microservices';
import { AskonceModule, Cached } from 'askonce/nestjs';
import { lastValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';

/** A transport within the process. */
class Local extends Server implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback();
  }

  close(): void {}

  override on(): void {}

  override unwrap<Value>(): Value {
    throw new Error('There is nothing beneath.');
  }

  async ask(pattern: string, data: unknown): Promise<unknown> {
    const handler = this.getHandlerByPattern(pattern);
    if (handler === null) throw new Error(`Nothing handles ${pattern}.`);
    const answer = this.transformToObservable(await handler(data));
    return await lastValueFrom(answer, { defaultValue: undefined });
  }
}

const seen: string[] = [];

@Controller()
class Rooms {
  @MessagePattern('price')
  @Cached({ ttl: 60 })
  async price(@Payload() room: { readonly beds: number }) {
    seen.push(`price ${room.beds}`);
    return { euros: room.beds * 55 };
  }

  @MessagePattern('events')
  @Cached({ ttl: 60, key: 'events' })
  async events(@Payload() from: string) {
    seen.push(`events ${from}`);
    return [from];
  }

  @EventPattern('cleaned')
  @Cached({ ttl: 60 })
  async cleaned(@Payload() room: string) {
    seen.push(`cleaned ${room}`);
  }
}

it('handlers of messages answer from the cache, by their payload or by a key', async () => {
  @Module({ imports: [AskonceModule.forRoot()], controllers: [Rooms] })
  class App {}
  const strategy = new Local();
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(App, { strategy, logger: false });
  onTestFinished(async () => await app.close());
  await app.listen();
  const prices = await Promise.all([2, 2, 3].map((beds) => strategy.ask('price', { beds })));
  expect(prices).toEqual([{ euros: 110 }, { euros: 110 }, { euros: 165 }]);
  expect([await strategy.ask('events', 'ann'), await strategy.ask('events', 'bob')]).toEqual([
    ['ann'],
    ['ann'],
  ]);
  for (const room of ['1', '1']) await strategy.ask('cleaned', room);
  expect(seen).toEqual(['price 2', 'price 3', 'events ann', 'cleaned 1', 'cleaned 1']);
});
