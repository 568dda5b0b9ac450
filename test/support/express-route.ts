/**
 * A route of Express behind the cache whose handler leaves each answer to the test.
 */
import { createCache } from 'askonce';
import type { EndpointOptions } from 'askonce/endpoint';
import { askonceEndpoint } from 'askonce/express';
import { fakeClock } from 'askonce/testing';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { onTestFinished, vi } from 'vitest';
import { serve } from './express.ts';

export interface Run {
  readonly request: Request;
  readonly response: Response;
}

/** `before`: middleware of the application. */
export async function setUpRoute(
  options: EndpointOptions<Request> = {},
  before: readonly RequestHandler[] = [],
) {
  const clock = fakeClock();
  const cache = createCache({ clock });
  onTestFinished(() => void cache.close());
  const runs: Run[] = [];
  const app = express();
  for (const one of before) app.use(one);
  app.get('/news/:id', askonceEndpoint(cache, { ttl: 60, ...options }), (request, response) => {
    runs.push({ request, response });
  });
  const base = await serve(app);
  /** The handler's run with that number, once it has begun. */
  async function run(number: number): Promise<Run> {
    await vi.waitUntil(() => runs.length > number, { timeout: 10_000, interval: 5 });
    const one = runs[number];
    if (one === undefined) throw new Error(`there is no run ${number}`);
    return one;
  }
  return { clock, cache, url: `${base}/news/1`, base, runs, run };
}
