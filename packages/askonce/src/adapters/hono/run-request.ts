/**
 * The request as handlers see it that run for the cache.
 */
import type { Context } from 'hono';
import type { HandlerCall } from '../endpoint/contract.ts';
import { runHeaders } from '../endpoint/run-headers.ts';
import { headersOf } from './responses.ts';

/**
 * Lets the handlers see the flight's signal in place of the client's, and the cache's conditions in place of the client's.
 * The object stays the same, since servers hang their own state on it. Returns what shows the client's headers again.
 */
export function forTheRun(c: Context, signal: AbortSignal, { conditions }: HandlerCall): () => void {
  const { raw } = c.req;
  Object.defineProperty(raw, 'signal', { value: signal, configurable: true });
  const headers = new Headers();
  for (const [name, value] of Object.entries(runHeaders(headersOf(raw.headers), conditions)))
    headers.set(name, String(value));
  Object.defineProperty(raw, 'headers', { value: headers, configurable: true });
  return () => {
    Reflect.deleteProperty(raw, 'headers');
  };
}
