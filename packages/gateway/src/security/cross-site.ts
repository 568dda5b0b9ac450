/**
 * Detects requests that a browser sends for a page of another site. Any page can make a browser send them, and a
 * gateway on loopback would reply with its user's own answers.
 */
import type { IncomingHttpHeaders } from 'node:http';

/** Whether a browser says that the request comes from another site than the gateway's own (Fetch Metadata). */
export function isCrossSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  if (headers['access-control-request-method'] !== undefined) return true;
  const origin = headers.origin;
  return origin !== undefined && !isOwn(origin, headers.host);
}

function isOwn(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const url = new URL(origin);
  const own = `${url.protocol}//${host.toLowerCase()}`;
  return (
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    URL.canParse(own) &&
    new URL(own).origin === url.origin
  );
}
