/**
 * Whether the gateway takes requests: for load balancers and process supervisors.
 */
import type { ServerResponse } from 'node:http';

export const healthPath = '/healthz';

export function writeHealth(response: ServerResponse, draining: boolean): void {
  const body = JSON.stringify({ status: draining ? 'shutting down' : 'ok' });
  response.writeHead(draining ? 503 : 200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(draining ? { connection: 'close' } : {}),
  });
  response.end(body);
}
