/**
 * The types of `askonce/express`, as an application in TypeScript meets them.
 */
import type { IncomingMessage } from 'node:http';
import { createCache } from 'askonce';
import { askonceEndpoint, type Middleware } from 'askonce/express';
import express, { type Request, type RequestHandler, Router } from 'express';
import { expect, expectTypeOf, it } from 'vitest';

interface WithUser extends Request {
  readonly user: { readonly id: string };
}

const cache = createCache();

it('options read the request of Express, and the middleware stands wherever one of Express does', () => {
  const app = express();
  const cached = askonceEndpoint(cache, {
    user: (request) => {
      expectTypeOf(request).toEqualTypeOf<Request>();
      return request.get('x-user');
    },
    tags: ({ query }) => [`page=${String(query['page'])}`],
    routes: { '/a': { tenant: async ({ hostname }) => hostname }, '/b': false },
  });
  expectTypeOf(cached).toEqualTypeOf<Middleware>();
  expectTypeOf(cached).toExtend<RequestHandler>();
  app.use(cached);
  app.use('/api', cached, Router().use(cached));
  app.route('/c').get(cached, (_, response) => response.end());
  expect(app.router.stack.length).toBe(4);
});

it('a route keeps the types of its parameters', () => {
  const app = express();
  app.get('/users/:id', askonceEndpoint(cache, { ttl: 60 }), ({ params }, response) => {
    expectTypeOf(params).toEqualTypeOf<{ id: string }>();
    response.json(params.id);
  });
  app.get<{ id: string }, { name: string }>('/names/:id', askonceEndpoint(cache), ({ params }, response) => {
    expectTypeOf(response.json).parameter(0).toEqualTypeOf<{ name: string } | undefined>();
    response.json({ name: params.id });
  });
  expect(app.router.stack.length).toBe(2);
});

it('options may read a request of the application, or one of Node', () => {
  const own = askonceEndpoint(cache, { user: ({ user }: WithUser) => user.id });
  const named = askonceEndpoint<WithUser>(cache, { user: ({ user }) => user.id });
  const plain = askonceEndpoint<IncomingMessage>(cache, { user: ({ socket }) => socket.remoteAddress });
  expectTypeOf([own, named, plain]).toEqualTypeOf<Middleware[]>();
  // @ts-expect-error a lifetime is a number of seconds
  expect(() => askonceEndpoint(cache, { ttl: '60' })).toThrow('ttl');
  // @ts-expect-error there is no such option
  expect(() => askonceEndpoint(cache, { maxAge: 60 })).toThrow('maxAge: there is no such option');
  expect(express().use(own, named, plain).router.stack.length).toBe(3);
});
