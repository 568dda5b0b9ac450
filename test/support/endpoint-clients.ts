/**
 * Clients of cached endpoints, over real sockets.
 */
import { request as httpRequest } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { request } from 'undici';

export interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What `Cache-Status` says of the answer, without details: `hit`, `fwd=miss` … */
  readonly from: string | undefined;
}

/** What undoes a content encoding. */
const decoders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/** Not by `fetch`, which adds `Cache-Control: no-cache` to conditional requests. */
export async function get(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Got> {
  const response = await request(url, { method, headers, body: body ?? null });
  const fields = new Headers();
  for (const [name, value] of Object.entries(response.headers))
    for (const one of [value ?? []].flat()) fields.append(name, one);
  const status = fields.get('cache-status');
  const bytes = Buffer.from(await response.body.arrayBuffer());
  const decode = decoders[fields.get('content-encoding') ?? ''];
  return {
    status: response.statusCode,
    headers: fields,
    text: (bytes.length > 0 && decode ? decode(bytes) : bytes).toString(),
    from: status === null ? undefined : (/^askonce; ([^;]+)/.exec(status)?.[1] ?? status),
  };
}

/** A client that reads an answer as it arrives, and may leave at any time. */
interface Reading {
  readonly status: number;
  /** What has arrived so far. */
  readonly text: () => string;
  /** Resolves once that much has arrived. */
  has(wanted: string): Promise<void>;
  /** Resolves with the whole body; rejects if it breaks off. */
  readonly whole: Promise<string>;
}

export interface Client {
  /** Resolves once the head has arrived. */
  readonly reading: Promise<Reading>;
  leave(): void;
}

export function openClient(url: string, headers: Record<string, string> = {}, method = 'GET'): Client {
  const sent = httpRequest(url, { method, headers, agent: false });
  const reading = new Promise<Reading>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (response) => {
      let text = '';
      const waiting = new Set<() => void>();
      const whole = new Promise<string>((end, fail) => {
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
          for (const look of waiting) look();
        });
        response.once('end', () => end(text));
        response.once('error', fail);
      });
      whole.catch(() => {});
      resolve({
        status: response.statusCode ?? 0,
        text: () => text,
        whole,
        has: (wanted) =>
          new Promise((arrived) => {
            const look = () => {
              if (!text.includes(wanted)) return;
              waiting.delete(look);
              arrived();
            };
            waiting.add(look);
            look();
          }),
      });
    });
  });
  reading.catch(() => {});
  sent.end();
  return { reading, leave: () => sent.destroy() };
}
