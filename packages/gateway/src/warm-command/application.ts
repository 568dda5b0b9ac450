/**
 * Sends a request to an application as it is, redirects unfollowed and with the `Host` that its callers send: `fetch` would
 * replace that.
 */
import { Readable } from 'node:stream';
import { request } from 'undici';

const withoutBody: ReadonlySet<number> = new Set([204, 205, 304]);

/** Rejects if there is no response. */
export async function sentTo({ url, method, headers: asked }: Request): Promise<Response> {
  const {
    statusCode: status,
    headers: given,
    body,
  } = await request(url, {
    method,
    headers: Object.fromEntries(asked),
  });
  const headers = new Headers();
  for (const [name, value] of Object.entries(given))
    for (const line of typeof value === 'string' ? [value] : (value ?? [])) headers.append(name, line);
  if (method === 'HEAD' || withoutBody.has(status)) {
    await body.dump();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(body), { status, headers });
}
