/**
 * A hub of models on loopback, with the layout of Hugging Face's: a list of a model's files, small files at once, large ones
 * by a redirect to a store. It fails as a test wants.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type SeenRequest, startLoopback } from '../../packages/askonce/src/testing/loopback.ts';

export const hubCommit = '0123456789abcdef0123456789abcdef01234567';

/** What becomes of a request. */
export type HubFault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** The connection ends after so many bytes of the body. */
  | { readonly cutAfter: number }
  | { readonly redirect: string }
  /** Other bytes of the same length. */
  | 'damaged'
  /** Twice the bytes. */
  | 'longer'
  | 'no-range'
  /** Some bytes, then nothing more. */
  | { readonly stallAfter: number };

export interface ModelHubOptions {
  /** Folder of the model's files. */
  readonly folder: string;
  readonly model?: string;
  /** Needed for everything. */
  readonly token?: string;
  /** The fault of a request, by its path and how many of that path came before. */
  readonly fault?: (path: string, before: number) => HubFault | undefined;
  /** Further names in the list of files. */
  readonly listed?: readonly string[];
  /** The list says neither sizes nor digests. */
  readonly isTerse?: boolean;
}

export interface ModelHub {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

export async function startModelHub(options: ModelHubOptions): Promise<ModelHub> {
  const { folder, model = 'acme/tiny', token, fault, listed = [], isTerse = false } = options;
  const seen: SeenRequest[] = [];
  const names = filesBelow(folder);
  const byDigest = new Map<string, Buffer>();
  const contentOf = (name: string) => readFileSync(join(folder, name));
  const isLarge = (name: string) => /\.onnx|_data|\.bin$/.test(name);

  const siblings = [
    ...names.map((rfilename) => {
      const content = contentOf(rfilename);
      const about = { rfilename, size: content.length, blobId: gitDigest(content) };
      if (isTerse) return { rfilename };
      return isLarge(rfilename)
        ? {
            ...about,
            blobId: gitDigest(Buffer.from('pointer')),
            lfs: { sha256: sha256(content), size: content.length, pointerSize: 134 },
          }
        : about;
    }),
    ...listed.map((rfilename) => ({ rfilename, size: 1 })),
  ];

  function answerOf(path: string, origin: string) {
    if (path.startsWith(`/api/models/${model}/revision/`)) {
      const body = JSON.stringify({ id: model, sha: hubCommit, siblings });
      return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
    }
    const [, name = ''] = new RegExp(`^/${model}/resolve/${hubCommit}/(.+)$`).exec(path) ?? [];
    const stored = byDigest.get(/^\/store\/([0-9a-f]+)\?signature=1$/.exec(path)?.[1] ?? '');
    if (stored !== undefined) return { status: 200, headers: { etag: '"of the store"' }, body: stored };
    if (!names.includes(name)) return { status: 404, headers: {}, body: Buffer.alloc(0) };
    const content = contentOf(name);
    const own = { 'x-repo-commit': hubCommit };
    if (!isLarge(name))
      return { status: 200, headers: { ...own, etag: `"${gitDigest(content)}"` }, body: content };
    const digest = sha256(content);
    byDigest.set(digest, content);
    return {
      status: 302,
      headers: {
        ...own,
        'x-linked-etag': `"${digest}"`,
        'x-linked-size': String(content.length),
        location: `${origin}/store/${digest}?signature=1`,
      },
      body: Buffer.alloc(0),
    };
  }

  const server = await startLoopback(async (request, response) => {
    const before = seen.filter(({ path }) => path === request.path).length;
    seen.push(request);
    // By another name, so that the store is another origin.
    const origin = server.url.replace('127.0.0.1', 'localhost');
    const isStore = request.path.startsWith('/store/');
    if (token !== undefined && !isStore && request.headers['authorization'] !== `Bearer ${token}`)
      return void response.writeHead(401).end();
    const wrong = fault?.(request.path, before);
    if (typeof wrong === 'object' && 'status' in wrong)
      return void response.writeHead(wrong.status, wrong.headers).end();
    if (typeof wrong === 'object' && 'redirect' in wrong)
      return void response.writeHead(302, { location: wrong.redirect }).end();
    const { status, headers, body } = answerOf(request.path, origin);
    const content =
      wrong === 'damaged'
        ? Buffer.alloc(body.length, 7)
        : wrong === 'longer'
          ? Buffer.concat([body, body])
          : body;
    const from =
      wrong === 'no-range' ? undefined : /^bytes=(\d+)-$/.exec(request.headers['range'] ?? '')?.[1];
    if (from !== undefined && status === 200) {
      if (Number(from) >= content.length) return void response.writeHead(416).end();
      const range = `bytes ${from}-${content.length - 1}/${content.length}`;
      response.writeHead(206, { ...headers, 'content-range': range });
    } else response.writeHead(status, headers);
    const sent = from !== undefined && status === 200 ? content.subarray(Number(from)) : content;
    if (typeof wrong === 'object' && 'cutAfter' in wrong)
      return void response.write(sent.subarray(0, wrong.cutAfter), () => response.destroy());
    if (typeof wrong === 'object' && 'stallAfter' in wrong)
      return void response.write(sent.subarray(0, wrong.stallAfter));
    response.end(sent);
  });
  onTestFinished(() => server.close());
  return { url: server.url, seen, close: () => server.close() };
}

function filesBelow(folder: string, below = ''): readonly string[] {
  return readdirSync(join(folder, below)).flatMap((entry) => {
    const name = below === '' ? entry : `${below}/${entry}`;
    return statSync(join(folder, name)).isDirectory() ? filesBelow(folder, name) : [name];
  });
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function gitDigest(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}
