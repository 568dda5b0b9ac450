/**
 * One file of a model, from a hub into a folder. It has its own name there only once it is whole and its digest is right;
 * what was received before is used again.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  attempted,
  type FoundFile,
  get,
  type HubConnection,
  PassingFailure,
  pullFailed,
  RangeRefused,
} from './http.ts';
import type { ListedFile } from './listing.ts';

export interface DownloadOptions {
  readonly hub: HubConnection;
  /** Name of the model. */
  readonly model: string;
  readonly commit: string;
  readonly file: ListedFile;
  /** The file gets its name below this folder. */
  readonly folder: string;
  /** Bound on its size, in bytes. */
  readonly maxBytes: number;
  /** Called with the bytes that are there. */
  readonly onBytes: (bytes: number) => void;
}

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
}

/** Attempts with a file that came whole and was not what the hub says it is. */
const mostWrong = 2;

/** @throws AskonceError */
export async function download(options: DownloadOptions): Promise<Downloaded> {
  const { hub, file, folder } = options;
  const path = join(folder, file.name);
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const before = await digestsOf(path);
  if (before !== undefined) {
    if (isRight(before, file, undefined)) {
      options.onBytes(before.bytes);
      return before;
    }
    await rm(path);
  }
  let most = 0;
  const onBytes = (bytes: number) => {
    most = Math.max(most, bytes);
    options.onBytes(bytes);
  };
  for (let wrong = 0; ; ) {
    const received = await attempted(
      hub,
      () => receive({ ...options, onBytes }, part),
      () => most,
    );
    if (received !== undefined) {
      await rename(part, path);
      return received;
    }
    await rm(part, { force: true });
    wrong += 1;
    if (wrong >= mostWrong)
      throw pullFailed(
        `The file ${file.name} of ${options.model} is not what the hub says it is (its digest is wrong); try again later, or check the proxy.`,
      );
  }
}

interface Digests extends Downloaded {
  readonly gitDigest: string;
}

/** Undefined if the digest is wrong. */
async function receive(options: DownloadOptions, part: string): Promise<Downloaded | undefined> {
  const { hub, model, commit, file, maxBytes, onBytes } = options;
  const have = (await stat(part).catch(() => undefined))?.size ?? 0;
  const path = `/${model}/resolve/${commit}/${file.name.split('/').map(encodeURIComponent).join('/')}`;
  let found: FoundFile;
  try {
    found = await get(hub, path, have > 0 ? { range: `bytes=${have}-` } : {});
  } catch (error) {
    if (!(error instanceof RangeRefused)) throw error;
    // What is there may be the whole file.
    const whole = await digestsOf(part);
    return whole !== undefined && isRight(whole, file, undefined) ? whole : undefined;
  }
  const { answer, own } = found;
  const claimed = own.get('x-repo-commit');
  if (claimed !== null && claimed !== commit)
    throw pullFailed(
      `The hub gave ${file.name} of another commit than ${commit.slice(0, 12)}; try again later.`,
    );
  const isContinued = answer.status === 206 && continuesAt(answer.headers.get('content-range')) === have;
  if (answer.status === 206 && !isContinued)
    throw pullFailed(`The hub gave another part of ${file.name} than it was asked for.`);
  const size = file.size ?? numberIn(own.get('x-linked-size'));
  const most = size ?? maxBytes;
  let bytes = isContinued ? have : 0;
  const handle = await open(part, isContinued ? 'a' : 'w', 0o600);
  try {
    for await (const piece of orBrokenOff(answer.body, file.name)) {
      bytes += piece.length;
      if (bytes > most) break;
      await handle.appendFile(piece);
      onBytes(bytes);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (bytes > most && size === undefined)
    throw pullFailed(`The file ${file.name} of ${model} is larger than the bound of ${maxBytes} bytes.`);
  if (size !== undefined && bytes < size)
    throw new PassingFailure(`The hub broke off in the middle of ${file.name}.`);
  const digests = await digestsOf(part);
  return digests !== undefined && bytes <= most && isRight(digests, file, own) ? digests : undefined;
}

/** The pieces of a body. @throws PassingFailure if it breaks off */
async function* orBrokenOff(body: AsyncIterable<Uint8Array> | null, name: string) {
  try {
    yield* body ?? [];
  } catch {
    throw new PassingFailure(`The hub broke off in the middle of ${name}.`);
  }
}

/** By everything that the hub says of the file: in its list, and with the file itself. */
function isRight(
  { bytes, sha256, gitDigest }: Digests,
  file: ListedFile,
  headers: FoundFile['own'] | undefined,
): boolean {
  // A hub's own tag is a digest of the content; without one in its list, its plain tag is all there is.
  const isListed = file.sha256 !== undefined || file.gitDigest !== undefined;
  const stated = headers?.get('x-linked-etag') ?? (isListed ? null : headers?.get('etag'));
  const tag = (stated ?? '').replace(/^W\//, '').replaceAll('"', '');
  const isTagRight =
    (/^[0-9a-f]{64}$/.test(tag) && tag === sha256) ||
    (/^[0-9a-f]{40}$/.test(tag) && tag === gitDigest) ||
    !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(tag);
  return (
    (file.size === undefined || file.size === bytes) &&
    (file.sha256 === undefined || file.sha256 === sha256) &&
    (file.gitDigest === undefined || file.gitDigest === gitDigest) &&
    isTagRight
  );
}

async function digestsOf(path: string): Promise<Digests | undefined> {
  const bytes = (await stat(path).catch(() => undefined))?.size;
  if (bytes === undefined) return undefined;
  const sha256 = createHash('sha256');
  // As git names the content of a file.
  const git = createHash('sha1').update(`blob ${bytes}\0`);
  const hashes: readonly Hash[] = [sha256, git];
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 }))
    if (Buffer.isBuffer(piece)) for (const hash of hashes) hash.update(piece);
  return { bytes, sha256: sha256.digest('hex'), gitDigest: git.digest('hex') };
}

function continuesAt(range: string | null): number | undefined {
  return numberIn(/^bytes (\d+)-/.exec(range ?? '')?.[1] ?? null);
}

function numberIn(text: string | null): number | undefined {
  const value = Number(text ?? '');
  return text !== null && text !== '' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
