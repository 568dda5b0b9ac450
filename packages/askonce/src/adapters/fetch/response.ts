/**
 * A reply of the cache as the Response that `fetch` resolves with.
 */
import type { LiveBody, Subscription } from '../../body/live-body.ts';
import { cacheStatusHeader, type Reply } from '../../engine/reply.ts';

/** Statuses whose responses have no body (WHATWG Fetch, section 2.2.3). */
const bodiless: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

export function responseOf(reply: Reply): Response {
  const { body, status } = reply;
  const headers = headersOf(reply);
  if (bodiless.has(status)) return new Response(null, { status, headers });
  // A copy: what is kept must not change under whoever writes into what was fetched.
  return new Response(body instanceof Uint8Array ? new Uint8Array(body) : streamOf(body), {
    status,
    headers,
  });
}

function headersOf({ headers: given, cacheStatus, age, key }: Reply): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    for (const one of typeof value === 'string' ? [value] : value) headers.append(name, one);
  }
  headers.append('cache-status', cacheStatusHeader(cacheStatus));
  if (age !== undefined) headers.set('age', String(age));
  if (key !== undefined) headers.set('askonce-key', key);
  return headers;
}

/** Comes as fast as it is read; cancelling it leaves. */
function streamOf(body: LiveBody): ReadableStream<Uint8Array<ArrayBuffer>> {
  let subscription: Subscription | undefined;
  return new ReadableStream({
    start(controller) {
      subscription = body.subscribe({
        write(bytes) {
          controller.enqueue(new Uint8Array(bytes));
          return (controller.desiredSize ?? 0) > 0;
        },
        end: () => controller.close(),
        fail: (error) => controller.error(error),
      });
    },
    pull: () => subscription?.resume(),
    cancel: () => subscription?.close(),
  });
}
