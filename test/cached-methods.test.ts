/**
 * Cached methods in classes that TypeScript compiles as an application's build does.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Cached, createCache, memoryStore } from 'askonce';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { decorated } from './support/cached-methods.ts';
import { root } from './support/pages.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'askonce-test-'));
let classes: typeof decorated;

beforeAll(async () => {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  copyFileSync(join(root, 'test/support/cached-methods.ts'), join(folder, 'cached-methods.ts'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = { composite: false, declaration: false, outDir: 'out', rootDir: '.' };
  const project = { extends: join(root, 'tsconfig.base.json'), include: ['*.ts'], compilerOptions };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]);
  const compiled: { readonly decorated: typeof decorated } = await import(
    pathToFileURL(join(folder, 'out/cached-methods.js')).href
  );
  classes = compiled.decorated;
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}

describe('a cached method', () => {
  it('a cached method runs once for equal arguments, and again after an event that it names', async () => {
    const { cache, Prices } = classes;
    const prices = new Prices();
    const answers = await Promise.all([prices.of('tea'), prices.of('tea'), prices.of('tea', undefined)]);
    expect([answers, prices.calls]).toEqual([[3, 3, 3], 1]);
    expect([await prices.of('tea', 2), await prices.of('cocoa'), prices.calls]).toEqual([6, 5, 3]);
    expect(await all(prices.each(['tea', 'cocoa']))).toEqual([3, 5]);
    expect(await all(prices.each(['tea', 'cocoa']))).toEqual([3, 5]);
    expect(prices.calls).toBe(4);
    expect(await cache.invalidate({ tags: 'kind=price' }, { dryRun: true })).toBe(3);
    expect(await cache.emit({ type: 'prices.changed' })).toBe(4);
    await prices.of('tea');
    expect(prices.calls).toBe(5);
  });

  it('a cached method without name and key refuses a second instance, and a class of the same name', async () => {
    const { Prices, other } = classes;
    const message = /Prices\.of was called before on another instance or class.*Give Cached a name/;
    await expect(new Prices().of('tea')).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(message),
    });
    await expect(new other.Prices().of('tea')).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(new other.Prices().of.call(undefined, 'tea')).rejects.toThrow('give Cached a name');
  });

  it('a key, or a name that reads the instance, parts the answers of instances with different state', async () => {
    const { Exchange } = classes;
    const cache = createCache();
    const [euro, again, dollar] = ['EUR', 'EUR', 'USD'].map((currency) => new Exchange(currency, cache));
    expect(await euro?.convert(5)).toBe('5 EUR');
    expect(await again?.convert(5)).toBe('5 EUR');
    expect(await dollar?.convert(5)).toBe('5 USD');
    expect(dollar && (await all(dollar.rates(2)))).toEqual(['USD0', 'USD1']);
    expect(euro && (await all(euro.rates(2)))).toEqual(['EUR0', 'EUR1']);
    expect(again && (await all(again.rates(2)))).toEqual(['EUR0', 'EUR1']);
    expect([euro?.calls, again?.calls, dollar?.calls]).toEqual([2, 0, 2]);
    expect(await cache.invalidate({ tags: 'currency=USD' })).toBe(1);
  });

  it('a key may read fewer arguments than the method has, so that a callback does not count', async () => {
    const { Exchange } = classes;
    const exchange = new Exchange('EUR', createCache());
    expect(await exchange.written(5, (text) => text.toLowerCase())).toBe('5 eur');
    expect(await exchange.written(5, (text) => text)).toBe('5 eur');
    expect([await all(exchange.named(2)), await all(exchange.named(2))]).toEqual(
      Array(2).fill(['EUR', 'EUR']),
    );
    expect(exchange.calls).toBe(2);
  });

  it('a cached method gets copies of its arguments, and with a key the arguments themselves', async () => {
    const memory = memoryStore();
    // A method runs after the lookup, which takes a while.
    const store = { ...memory, get: async (key: string) => await memory.get(key) };
    const pages = new classes.Pages(createCache({ store }));
    const query = { page: 0 };
    const loading = [0, 1].map((page) => {
      query.page = page;
      return Promise.all([pages.load(query, 10), all(pages.streamed(query))]);
    });
    expect(await Promise.all(loading)).toEqual([
      ['page 0 of 10', [0]],
      ['page 1 of 10', [1]],
    ]);
    const trace: string[] = [];
    await pages.traced(1, trace);
    expect(trace).toEqual(['page 1']);
  });

  it('static and private methods are cached, too', async () => {
    const { Prices } = classes;
    expect([await Prices.tax('pt'), await Prices.tax('pt'), Prices.calls]).toEqual(['PT', 'PT', 1]);
    const prices = new Prices();
    expect([await prices.secret('a'), await prices.secret('a'), prices.calls]).toEqual([
      'secret a',
      'secret a',
      1,
    ]);
  });

  it('a method that overrides a cached one, and a static one beside one of instances, are refused without a name', async () => {
    const { Base, Derived } = classes;
    const refused = { code: 'invalid_request', message: expect.stringContaining('another method') };
    const derived = new Derived();
    await expect(derived.of('tea')).rejects.toMatchObject(refused);
    await expect(derived.beneath('tea')).rejects.toMatchObject(refused);
    expect(await new Base().of('tea')).toBe('base tea');
    expect([await derived.named('tea'), await derived.named('tea')]).toEqual(
      Array(2).fill('derived base tea'),
    );
    expect(await new Base().each('tea')).toBe('of an instance: tea');
    await expect(Base.each('tea')).rejects.toMatchObject(refused);
  });

  it('a cached method has the name and the length of the method', () => {
    const { of, each } = classes.Prices.prototype;
    expect([of.name, each.name, each.length]).toEqual(['of', 'each', 1]);
  });

  it('what a cached method throws reaches its callers, and the next call runs it again', async () => {
    const prices = new classes.Prices();
    await expect(Promise.all([prices.failing('a'), prices.failing('a')])).rejects.toThrow(RangeError);
    await expect(prices.failing('a')).rejects.toThrow('no price');
    expect(prices.calls).toBe(2);
  });

  it('arguments that are no JSON are refused, also one left out before another', async () => {
    const { Exchange, Classifier } = classes;
    const cache = createCache();
    await expect(new Exchange('EUR', cache).convert(Number.NaN)).rejects.toMatchObject({
      code: 'invalid_request',
    });
    const classifier = new Classifier(cache);
    const leftOut = Reflect.apply(classifier.byIndex, classifier, [undefined, 'en']);
    await expect(leftOut).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('a method that returns an async iterable is a stream if that is said, and refused otherwise', async () => {
    const streams = new classes.Streams();
    expect(await all(streams.list(2))).toEqual([0, 1]);
    expect(await all(streams.list(2))).toEqual([0, 1]);
    await expect(streams.promised(2)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('the option stream'),
    });
  });

  it('a cached stream that is left before its first value asks nothing', async () => {
    const { Exchange } = classes;
    const exchange = new Exchange('EUR', createCache());
    const values = exchange.rates(1);
    await values.return(undefined);
    expect([await values.next(), exchange.calls]).toEqual([{ done: true, value: undefined }, 0]);
    await expect(exchange.rates(1).throw(new RangeError('mine'))).rejects.toThrow('mine');
  });

  it('Cached refuses what is no method, and decorators of the old kind', () => {
    expect(() => classes.refused()).toThrow('Cached decorates methods');
    const legacy = () => Reflect.apply(Cached(createCache()), undefined, [{}, 'method', {}]);
    expect(legacy).toThrow('experimentalDecorators');
  });
});
