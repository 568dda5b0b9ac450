/**
 * An identity provider on loopback: its key set, and tokens that it signs.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';

export interface IdentityProvider {
  readonly url: string;
  /** Requests for the key set so far. */
  readonly fetches: number;
  /** Serves these keys from now on. */
  serve(keys: readonly JWK[]): void;
  /** Serves this text in place of a key set. */
  serveText(status: number, body: string): void;
}

export interface SigningKey {
  readonly publicKey: JWK;
  sign(payload: JWTPayload): Promise<string>;
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  let fetches = 0;
  let served = { status: 200, body: '{"keys":[]}' };
  const server = createServer((_, response) => {
    fetches += 1;
    response.writeHead(served.status, { 'content-type': 'application/json' }).end(served.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/keys?tenant=acme`,
    get fetches() {
      return fetches;
    },
    serve(keys) {
      served = { status: 200, body: JSON.stringify({ keys }) };
    },
    serveText(status, body) {
      served = { status, body };
    },
  };
}

/** A new key, under a name unless that is undefined. */
export async function signingKey(kid: string | undefined, alg = 'ES256'): Promise<SigningKey> {
  const pair = await generateKeyPair(alg, { extractable: true });
  const named = kid === undefined ? {} : { kid };
  return {
    publicKey: { ...(await exportJWK(pair.publicKey)), ...named, alg, use: 'sig' },
    sign: (payload) => new SignJWT(payload).setProtectedHeader({ alg, ...named }).sign(pair.privateKey),
  };
}
