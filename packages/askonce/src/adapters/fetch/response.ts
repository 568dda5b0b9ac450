/**
 * Turns a reply of the cache into the Response that `fetch` resolves with.
 */
import type { LiveBody, Subscription } from '../../body/live-body.ts';
import type { Reply } from '../../engine/reply.ts';
import { replyHeaders } from '../http/reply-headers.ts';

/** Statuses whose responses have no body (WHATWG Fetch, section 2.2.3). */
export const bodiless: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

export function responseOf(reply: Reply): Response {
  const { body, status } = reply;
  const headers = headersOf(reply);
  if (bodiless.has(status)) return new Response(null, { status, headers });
  // A copy, so that writing into the fetched body cannot change the stored one.
  return new Response(body instanceof Uint8Array ? new Uint8Array(body) : streamOf(body), {
    status,
    headers,
  });
}

function headersOf(reply: Reply): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(replyHeaders(reply))) {
    for (const one of typeof value === 'string' ? [value] : value) headers.append(name, one);
  }
  return headers;
}

/** Delivers as fast as it is read; cancelling it closes the subscription. */
export function streamOf(body: LiveBody): ReadableStream<Uint8Array<ArrayBuffer>> {
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
