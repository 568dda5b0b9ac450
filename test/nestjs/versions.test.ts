/**
 * Routes of one path in several versions, which requests choose by a header, a media type, or in the application's own way.
 */
import { Controller, Get, Module, Version, type VersioningOptions, VersioningType } from '@nestjs/common';
import { AskonceModule, Cached } from 'askonce/nestjs';
import { describe, expect, it } from 'vitest';
import { cameFrom, platforms, start } from './start.ts';

/** Applications keep the controllers of a version in a folder, under one name. */
const catsOf = (version: string) => {
  @Controller({ path: 'cats', version })
  class CatsController {
    @Get()
    @Cached({ ttl: 60, ignoredParameters: ['*'] })
    list() {
      return { version };
    }
  }
  return CatsController;
};

@Controller('dogs')
class DogsController {
  @Get()
  @Version('1')
  @Cached({ ttl: 60 })
  first() {
    return { version: '1' };
  }

  @Get()
  @Version(['2', '3'])
  @Cached({ ttl: 60 })
  second() {
    return { version: '2' };
  }
}

@Module({ imports: [AskonceModule.forRoot()], controllers: [catsOf('1'), catsOf('2'), DogsController] })
class App {}

const ways: readonly [string, VersioningOptions, (version: string) => Readonly<Record<string, string>>][] = [
  ['a header', { type: VersioningType.HEADER, header: 'X-Version' }, (version) => ({ 'x-version': version })],
  [
    'a media type',
    { type: VersioningType.MEDIA_TYPE, key: 'v=' },
    (version) => ({ accept: `application/json;v=${version}` }),
  ],
  [
    'a function of the application',
    {
      type: VersioningType.CUSTOM,
      extractor: (request) => String(Reflect.get(Object(Reflect.get(Object(request), 'headers')), 'x-own')),
    },
    (version) => ({ 'x-own': version }),
  ],
];

describe.each(platforms)('versions of routes on %s', (platform) => {
  it.each(ways)('versions that are chosen by %s do not share answers', async (_way, options, headersOf) => {
    const { ask } = await start(App, { platform, prepare: (app) => void app.enableVersioning(options) });
    for (const path of ['/cats', '/dogs'])
      for (const from of [/miss/, /hit/])
        for (const version of ['1', '2']) {
          const answer = await ask(path, { headers: headersOf(version) });
          expect([await answer.json(), cameFrom(answer)]).toEqual([{ version }, expect.stringMatching(from)]);
        }
  });
});
