/**
 * A response whose head is reported once the server reads its body: then middleware around the cache has added what it adds.
 */
import type { Context } from 'hono';
import type { HeadReport } from '../endpoint/contract.ts';
import { writtenHeaders } from '../endpoint/web-messages.ts';

/**
 * Middleware that reads the body itself (compression) is seen as far as it stands within the others, and then at the body's end.
 * A response without a body is reported as it is here.
 */
export function sentResponse(c: Context, response: Response, head: HeadReport): Response {
  const { body, status, headers } = response;
  const now = writtenHeaders(response);
  if (body === null) {
    head.sent(now);
    return response;
  }
  if (!head.isAwaited) head.sent(now);
  const report = () => head.sent(c.finalized ? writtenHeaders(c.res) : now);
  const reader = body.getReader();
  let isBegun = false;
  const reported = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!isBegun) report();
        isBegun = true;
        const { done, value } = await reader.read();
        if (!done) {
          controller.enqueue(value);
          return;
        }
        report();
        controller.close();
      },
      async cancel(reason) {
        if (!isBegun) head.sent(undefined);
        await reader.cancel(reason);
      },
    },
    // Nothing is read ahead: the head is not known before the server reads.
    { highWaterMark: 0 },
  );
  return new Response(reported, { status, headers });
}
