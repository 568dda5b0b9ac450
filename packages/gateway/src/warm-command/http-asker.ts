/**
 * Asks a gateway over HTTP, as the application does: with its key and on its routes.
 */
import { AskonceError } from 'askonce';
import type { Directory } from '../upstream/directory.ts';
import { type Asker, maxHeldBytes } from '../warming/asker.ts';
import type { WarmKeys } from '../warming/keys.ts';

export interface HttpAskerOptions {
  /** Origin of the gateway. */
  readonly url: string;
  readonly keys: WarmKeys;
  /** The providers by these settings, for prices. */
  readonly directory: Pick<Directory, 'choose'>;
}

export function httpAsker({ url, keys, directory }: HttpAskerOptions): Asker {
  return {
    async send(request, mode) {
      const credential = keys.headersFor(request);
      if (typeof credential === 'string')
        throw new AskonceError('warm_without_key', `Nothing can be asked: ${credential}.`);
      let response: Response;
      let body: Buffer;
      try {
        response = await fetch(`${url}${request.path}`, {
          method: 'POST',
          headers: { ...request.headers, ...credential, 'askonce-warm': mode },
          body: request.body,
          redirect: 'error',
        });
        body = Buffer.from(await response.arrayBuffer());
      } catch {
        return {
          status: 503,
          headers: {},
          body: Buffer.from('{"error":{"message":"the gateway is out of reach"}}'),
        };
      }
      const headers = Object.fromEntries(response.headers);
      if (response.status < 400 && !/\baskonce;/.test(headers['cache-status'] ?? ''))
        throw new AskonceError(
          'gateway_mismatch',
          `There is no askonce gateway at ${url}; name it by --url.`,
        );
      return { status: response.status, headers, body: body.length > maxHeldBytes ? Buffer.alloc(0) : body };
    },
    providerOf: ({ family, body }) => directory.choose(family, Buffer.from(body)).url,
  };
}

/** Milliseconds within which a gateway that runs answers. */
const healthMs = 2_000;

/** Whether a gateway answers at the address. */
export async function isGateway(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`, {
      signal: AbortSignal.timeout(healthMs),
      redirect: 'error',
    });
    return /^\{"status":"/.test(await response.text());
  } catch {
    return false;
  }
}
