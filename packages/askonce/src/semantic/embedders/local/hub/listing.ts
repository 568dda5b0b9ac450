/**
 * What a hub says of a model: its commit and its files; and which of them are needed.
 */
import { z } from 'zod';
import { tryParseJson } from '../../../../json.ts';
import { configurationsAmong, graphAmong, isPlainName, isWeightsOf } from '../model/layout.ts';
import { attempted, get, type HubConnection, PassingFailure, pullFailed } from './http.ts';
import type { HubName } from './name.ts';

export interface ListedFile {
  readonly name: string;
  /** Bytes; undefined if the hub does not say it. */
  readonly size: number | undefined;
  /** SHA-256, if the hub says it: of large files. */
  readonly sha256: string | undefined;
  /** Name of its content in git (SHA-1), if the hub says it: of small files. */
  readonly gitDigest: string | undefined;
}

export interface Listing {
  readonly commit: string;
  readonly files: readonly ListedFile[];
}

const sibling = z.object({
  rfilename: z.string(),
  size: z.number().int().nonnegative().nullish(),
  blobId: z.string().nullish(),
  lfs: z.object({ sha256: z.string().nullish(), size: z.number().int().nonnegative().nullish() }).nullish(),
});
const listingSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40,64}$/),
  siblings: z.array(sibling).max(100_000),
});

const mostBytes = 32 * 1024 * 1024;

/** @throws AskonceError */
export async function listModel(hub: HubConnection, { name, revision }: HubName): Promise<Listing> {
  const path = `/api/models/${name}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const text = await attempted(hub, async () => textOf((await get(hub, path)).answer.body));
  const read = listingSchema.safeParse(tryParseJson(text));
  if (!read.success)
    throw pullFailed(
      `The hub ${new URL(hub.endpoint).origin} did not answer as a hub does; check HF_ENDPOINT.`,
    );
  const { sha, siblings } = read.data;
  const files = siblings.map(({ rfilename, size, blobId, lfs }) => ({
    name: rfilename,
    size: lfs?.size ?? size ?? undefined,
    sha256: hex(lfs?.sha256, 64),
    gitDigest: lfs === undefined || lfs === null ? hex(blobId, 40) : undefined,
  }));
  return { commit: sha, files };
}

/** The files that are needed: the graph, its weights as far as their names say it, and the configurations. */
export function neededOf({ files }: Listing, name: string, wanted: string | undefined) {
  const names = files.map((file) => file.name).filter(isPlainName);
  const graph = graphAmong(names, wanted);
  if (graph === undefined)
    throw pullFailed(
      wanted === undefined
        ? `The model ${name} has no ONNX file of a usual name; name one (SEMANTIC_MODEL_FILE), or choose a model that is exported to ONNX.`
        : `The model ${name} has no file ${wanted}; check SEMANTIC_MODEL_FILE.`,
    );
  if (!names.includes('tokenizer.json'))
    throw pullFailed(`The model ${name} has no tokenizer.json, which is needed; choose another model.`);
  const needed = new Set([
    ...configurationsAmong(names),
    ...names.filter((one) => isWeightsOf(graph, one)),
    graph,
  ]);
  return { graph, needed: files.filter((file) => needed.has(file.name)) };
}

async function textOf(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of body ?? []) {
      size += piece.length;
      if (size > mostBytes) break;
      pieces.push(piece);
    }
  } catch {
    throw new PassingFailure('The hub broke off in the middle of its answer.');
  }
  if (size > mostBytes) throw pullFailed('The hub lists more files than any model has; check HF_ENDPOINT.');
  return Buffer.concat(pieces).toString('utf8');
}

function hex(text: string | null | undefined, length: number): string | undefined {
  return text?.length === length && /^[0-9a-f]+$/.test(text) ? text : undefined;
}
