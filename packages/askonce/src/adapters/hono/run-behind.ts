/**
 * A run of the handlers behind an answer that was served already. The client's context belongs to that answer, and `next` to
 * its chain: the handlers get a context of their own, with the same request and variables.
 */
import type { Context } from 'hono';
import { answered } from './run-answer.ts';

export interface BehindOptions {
  /** The middleware's own place among the matched routes. */
  readonly from: number;
  /** What middleware before it has set. */
  readonly before: Readonly<Record<string, string | readonly string[]>>;
}

/** The response of what comes after the middleware. Rejects if that throws: the stale answer stays. */
export async function runBehind(c: Context, { from, before }: BehindOptions): Promise<Response> {
  const rest = c.req.matchedRoutes.slice(from + 1);
  const own = contextLike(c, before);
  let last = -1;
  async function dispatch(at: number): Promise<void> {
    if (at <= last) throw new Error('next() was called more than once.');
    last = at;
    const handler = rest[at]?.handler;
    own.req.routeIndex = from + 1 + at;
    const response: unknown =
      handler === undefined ? await own.notFound() : await handler(own, () => dispatch(at + 1));
    if (response instanceof Response && !own.finalized) own.res = response;
  }
  await dispatch(0);
  return answered(own);
}

function contextLike(c: Context, before: BehindOptions['before']): Context {
  const { raw } = c.req;
  // The class is Hono's own; importing it would load the framework with the types.
  const own: Context = Reflect.construct(c.constructor, [
    raw,
    { env: c.env, executionCtx: executionOf(c), path: c.req.path, notFoundHandler: () => c.notFound() },
  ]);
  // Parameters are read from the request, which knows what the router has matched.
  Object.defineProperty(own, 'req', { value: c.req });
  const variables: object = c.var;
  for (const name of Reflect.ownKeys(variables)) {
    const value: unknown = Reflect.get(variables, name);
    own.set(String(name), value);
  }
  // A layout that earlier middleware has set renders into the client's context, whose headers are those of the stale answer.
  own.setRenderer(async (...parts: Parameters<typeof c.render>) => {
    const rendered = await c.render(...parts);
    const type = rendered.headers.get('content-type') ?? 'text/html';
    return own.newResponse(rendered.body, { headers: { 'content-type': type } });
  });
  const layout = c.getLayout();
  if (layout !== undefined) own.setLayout(layout);
  for (const [name, value] of Object.entries(before))
    for (const one of [value].flat()) own.header(name, one, { append: true });
  return own;
}

type Execution = Context['executionCtx'];

/** Undefined where the runtime has none, as Node.js; Hono's getter throws there. */
export function executionOf(c: Context): Execution | undefined {
  try {
    return c.executionCtx;
  } catch {
    return undefined;
  }
}
