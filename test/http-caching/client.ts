/** A client without a cache of its own, which sends and receives header fields line by line. */
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Lines } from './fields.ts';

export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly lines: Lines;
  readonly body?: string | undefined;
}

export interface Received {
  readonly status: number;
  readonly lines: Lines;
  readonly body: string;
}

/** Sends a request on a connection of its own. Rejects if the connection ends before the response does. */
export async function exchange({ method, url, lines, body }: Sent): Promise<Received> {
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method, agent: false });
    for (const [name, value] of lines) sent.appendHeader(name, value);
    // Unless it is given, some methods send a body of unknown length.
    if (body !== undefined) sent.setHeader('content-length', Buffer.byteLength(body));
    sent.once('response', resolve).once('error', reject).end(body);
  });
  const { statusCode: status = 0, rawHeaders } = message;
  const pairs = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] ?? ''] as const] : [],
  );
  return { status, lines: pairs, body: (await buffer(message)).toString() };
}
