/**
 * Classes with cached methods, as an application writes them. Node runs no decorators, so a test compiles this file.
 */
import { type Cache, Cached, createCache } from 'askonce';

const cache = createCache();

class Prices {
  calls = 0;

  @Cached(cache, { ttl: 60, invalidateOn: ['prices.changed'], tags: ['kind=price'] })
  async of(product: string, amount = 1): Promise<number> {
    this.calls++;
    return product.length * amount;
  }

  @Cached(cache, { invalidateOn: ['prices.changed'] })
  async *each(products: readonly string[]): AsyncGenerator<number, void, unknown> {
    this.calls++;
    for (const product of products) yield product.length;
  }

  @Cached(cache)
  async failing(_input: string): Promise<string> {
    this.calls++;
    throw new RangeError('no price');
  }

  static calls = 0;

  @Cached(cache)
  static async tax(country: string): Promise<string> {
    Prices.calls++;
    return country.toUpperCase();
  }

  @Cached(cache)
  async #secret(input: string): Promise<string> {
    this.calls++;
    return `secret ${input}`;
  }

  secret(input: string): Promise<string> {
    return this.#secret(input);
  }
}

/** Its state counts, as the key says. */
class Exchange {
  readonly currency: string;
  readonly cache: Cache;
  calls = 0;

  constructor(currency: string, own: Cache) {
    this.currency = currency;
    this.cache = own;
  }

  @Cached((self: Exchange) => self.cache, {
    key: (self: Exchange, amount: number) => [self.currency, amount],
    tags: (self: Exchange) => [`currency=${self.currency}`],
  })
  async convert(amount: number): Promise<string> {
    this.calls++;
    return `${amount} ${this.currency}`;
  }

  @Cached((self: Exchange) => self.cache, {
    key: (self: Exchange, amount: number) => [self.currency, amount],
  })
  async written(amount: number, write: (text: string) => string): Promise<string> {
    this.calls++;
    return write(`${amount} ${this.currency}`);
  }

  @Cached((self: Exchange) => self.cache, { key: ({ currency }: Exchange) => currency })
  async *named(times: number): AsyncGenerator<string> {
    this.calls++;
    for (let index = 0; index < times; index++) yield this.currency;
  }

  @Cached((self: Exchange) => self.cache, { name: (self: Exchange) => `exchange.${self.currency}` })
  async *rates(count: number): AsyncGenerator<string> {
    this.calls++;
    for (let index = 0; index < count; index++) yield `${this.currency}${index}`;
  }
}

interface Question {
  readonly question: string;
  readonly language: string;
}

/** Its questions are found in other words, if the cache has a semantic tier. */
class Classifier {
  readonly cache: Cache;
  readonly asked: string[] = [];

  constructor(own: Cache) {
    this.cache = own;
  }

  @Cached((self: Classifier) => self.cache, { text: 'question', name: 'classify' })
  async classify({ question }: Question): Promise<{ readonly about: string }> {
    this.asked.push(question);
    return { about: question };
  }

  @Cached((self: Classifier) => self.cache, { text: 0, name: 'classify-by-index' })
  async byIndex(question: string, language: string): Promise<string> {
    this.asked.push(question);
    return `${language}: ${question}`;
  }
}

/** A class whose name another class has, too. */
const other = {
  Prices: class Prices {
    @Cached(cache)
    async of(product: string): Promise<string> {
      return product;
    }
  },
};

const byProduct = { key: (_self: unknown, product: string) => product };

/** Its subclass overrides its methods, and calls them. */
class Base {
  @Cached(cache, byProduct)
  async of(product: string): Promise<string> {
    return `base ${product}`;
  }

  @Cached(cache, { ...byProduct, name: 'Base.named' })
  async named(product: string): Promise<string> {
    return `base ${product}`;
  }

  @Cached(cache, byProduct)
  async each(product: string): Promise<string> {
    return `of an instance: ${product}`;
  }

  @Cached(cache, byProduct)
  static async each(product: string): Promise<string> {
    return `of the class: ${product}`;
  }
}

class Derived extends Base {
  @Cached(cache, byProduct)
  override async of(product: string): Promise<string> {
    await Promise.resolve();
    return `derived ${await super.of(product)}`;
  }

  @Cached(cache, { ...byProduct, name: 'Derived.named' })
  override async named(product: string): Promise<string> {
    await Promise.resolve();
    return `derived ${await super.named(product)}`;
  }

  beneath(product: string): Promise<string> {
    return super.of(product);
  }
}

/** What TypeScript refuses: the classes are not made before this is called. */
function refused(): readonly unknown[] {
  class Methods {
    // @ts-expect-error its result would be a promise, and its type says that it is not
    @Cached(cache)
    sum(one: number, two: number): number {
      return one + two;
    }

    // @ts-expect-error the key's arguments are not the method's
    @Cached(cache, { key: (_self: Methods, name: string) => name })
    async byNumber(id: number): Promise<number> {
      return id;
    }

    // @ts-expect-error the key reads an argument that the method does not have
    @Cached(cache, { key: (_self: Methods, id: number, name: string) => [id, name] })
    async byOne(id: number): Promise<number> {
      return id;
    }

    // @ts-expect-error the instance that the name reads is of another class
    @Cached(cache, { name: (self: Exchange) => self.currency })
    async ofAnother(id: number): Promise<number> {
      return id;
    }

    // @ts-expect-error the facts are not about what the method returns
    @Cached(cache, { facts: (output: { readonly model: string }) => ({ model: output.model }) })
    async factual(id: number): Promise<number> {
      return id;
    }

    @Cached(cache)
    later(id: number): number | Promise<number> {
      return id;
    }
  }

  class Fields {
    // @ts-expect-error it decorates methods
    @Cached(cache)
    field = 1;
  }
  return [Methods, Fields];
}

/** Its methods return an async iterable in other ways. */
class Streams {
  @Cached(cache, { stream: true })
  list(count: number): AsyncIterable<number> {
    return this.#upTo(count);
  }

  @Cached(cache, { name: 'not-said-to-be-a-stream' })
  async promised(count: number): Promise<AsyncIterable<number>> {
    return this.#upTo(count);
  }

  async *#upTo(count: number): AsyncGenerator<number> {
    for (let index = 0; index < count; index++) yield index;
  }
}

interface Query {
  page: number;
}

/** Its methods read objects that a caller may change meanwhile. */
class Pages {
  readonly cache: Cache;

  constructor(own: Cache) {
    this.cache = own;
  }

  @Cached((self: Pages) => self.cache)
  async load({ page }: Query, size: number): Promise<string> {
    return `page ${page} of ${size}`;
  }

  @Cached((self: Pages) => self.cache)
  async *streamed({ page }: Query): AsyncGenerator<number> {
    yield page;
  }

  @Cached((self: Pages) => self.cache, { key: (_self: Pages, page: number) => page })
  async traced(page: number, trace: string[]): Promise<null> {
    trace.push(`page ${page}`);
    return null;
  }
}

export const decorated = {
  cache,
  Prices,
  Exchange,
  Classifier,
  Streams,
  Base,
  Derived,
  Pages,
  other,
  refused,
};
