/**
 * One POST of JSON to a service, and its answer as text, whatever the status. The answer is bounded, redirects are not
 * followed, and no error carries a key or a text.
 */
import { AskonceError } from '../../errors.ts';

/** The part of the standard `fetch` that is needed. */
export type PostFetch = (
  url: string,
  init: {
    readonly method: 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<Pick<Response, 'status' | 'body'>>;

export interface PostTarget {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: PostFetch;
  /** A longer answer is an error. */
  readonly maxBytes: number;
}

/** @throws AskonceError `verifier_failed` if there is no connection, or the answer breaks off or is too long. */
export async function postText(
  { url, headers, fetch, maxBytes }: PostTarget,
  body: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    return { status: response.status, text: await textWithin(response.body, maxBytes) };
  } catch (error) {
    if (AskonceError.isInstance(error)) throw error;
    throw new AskonceError(
      'verifier_failed',
      'The verifier could not be reached, or its answer broke off; check its address and its state.',
    );
  }
}

/** Leaving the loop early cancels the body. */
async function textWithin(body: Response['body'], maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body ?? []) {
    size += piece.length;
    if (size > maxBytes)
      throw new AskonceError(
        'verifier_failed',
        `The verifier's answer is over ${maxBytes} bytes; use a model that can answer in one word.`,
      );
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
