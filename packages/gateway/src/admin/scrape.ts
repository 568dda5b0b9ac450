/**
 * `GET /metrics`: the metrics in the text format of Prometheus, or in OpenMetrics if the client asks for it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { AskonceError } from 'askonce';
import type { Metrics } from '../metrics/metrics.ts';
import { acceptsGzip, formatFor } from './accepted.ts';
import type { Access } from './access.ts';
import { answering, type Call, type CallContext } from './answering.ts';
import { admitted } from './caller.ts';
import type { AdminHandler } from './listener.ts';

export const metricsPath = '/metrics';

export interface ScrapeOptions {
  readonly metrics: Pick<Metrics, 'text'>;
  /** Who may scrape: callers of any role; undefined if a scrape needs no key. */
  readonly access: Pick<Access, 'identify' | 'addressOf'> | undefined;
  readonly proxy: CallContext;
}

interface Scraped {
  readonly contentType: string;
  readonly body: Buffer;
  readonly isZipped: boolean;
}

const zipped = promisify(gzip);

export function isScrape({ url = '' }: IncomingMessage): boolean {
  return url === metricsPath || url.startsWith(`${metricsPath}?`);
}

export function scrapeHandler({ metrics, access, proxy }: ScrapeOptions): AdminHandler {
  async function scrape(request: IncomingMessage, { errorHeaders, line }: Call): Promise<Scraped> {
    if (access !== undefined) {
      line['address'] = access.addressOf(request);
      admitted(await access.identify(request), errorHeaders);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      errorHeaders['allow'] = 'GET, HEAD';
      throw new AskonceError('method_not_allowed', 'Method not allowed; use GET.');
    }
    const { contentType, text } = await metrics.text(formatFor(request.headers.accept));
    const plain = Buffer.from(text);
    const isZipped = acceptsGzip(request.headers['accept-encoding']);
    return { contentType, isZipped, body: isZipped ? await zipped(plain) : plain };
  }

  return (request, response) =>
    answering({ request, response }, proxy, (call) => scrape(request, call), sendScraped);
}

function sendScraped(
  response: ServerResponse,
  { contentType, body, isZipped }: Scraped,
  { requestId, closes }: { readonly requestId: string; readonly closes: boolean },
): void {
  if (response.destroyed) return;
  response.writeHead(200, {
    'content-type': contentType,
    ...(isZipped && { 'content-encoding': 'gzip' }),
    'content-length': body.length,
    'cache-control': 'no-store',
    vary: 'accept, accept-encoding',
    'x-request-id': requestId,
    ...(closes && { connection: 'close' }),
  });
  // The answer to HEAD has no body; Node leaves it out.
  response.end(body);
}
