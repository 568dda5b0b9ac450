/** A Nest application whose routes are cached: compile it as Nest does, or run it by the test of the examples. */
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AskonceModule, Cached } from 'askonce/nestjs';

@Controller('cats')
class CatsController {
  @Get(':id')
  @Cached({ ttl: 60 })
  find(@Param('id') id: string) {
    return { id, name: 'Tom' };
  }
}

@Module({ imports: [AskonceModule.forRoot()], controllers: [CatsController] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
for (const _time of ['first', 'second'])
  console.log((await fetch(`${await app.getUrl()}/cats/7`)).headers.get('cache-status'));
await app.close();
