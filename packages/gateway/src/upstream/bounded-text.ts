/**
 * Fetches a small text by the connections to providers: through the proxies that the settings name, within a time and a size.
 */
import { AskonceError, type Clock } from 'askonce';
import type { UpstreamClient } from './client.ts';

export interface BoundedTextOptions {
  readonly url: string;
  readonly client: Pick<UpstreamClient, 'send'>;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** @throws AskonceError without the text or the URL's query */
export async function boundedText(options: BoundedTextOptions): Promise<string> {
  const { url, client, clock, timeoutMs, maxBytes } = options;
  const { origin, pathname, search } = new URL(url);
  const abort = new AbortController();
  const late = new AskonceError('provider_timeout', `${origin} did not answer in time; try again.`);
  const cancel = clock.schedule(() => abort.abort(late), timeoutMs);
  try {
    const { status, body } = await client.send({
      origin,
      path: pathname + search,
      method: 'GET',
      headers: { accept: 'application/json', 'accept-encoding': 'identity' },
      body: null,
      signal: abort.signal,
    });
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of body) {
      const chunk = Buffer.from(piece);
      bytes += chunk.length;
      // Leaving the loop destroys the body.
      if (bytes > maxBytes)
        throw new AskonceError('provider_broke_off', `${origin} answered with more than ${maxBytes} bytes.`);
      pieces.push(chunk);
    }
    if (status !== 200)
      throw new AskonceError('provider_broke_off', `${origin} answered with the status ${status}.`);
    return Buffer.concat(pieces).toString('utf8');
  } catch (error) {
    if (abort.signal.aborted) throw late;
    throw error;
  } finally {
    cancel();
  }
}
