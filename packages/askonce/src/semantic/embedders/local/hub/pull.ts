/**
 * Pulls a model from a hub into a folder, once. What was pulled is named by its commit, and stays what it is until it is
 * pulled again.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Clock, systemClock } from '../../../../clock.ts';
import { AskonceError } from '../../../../errors.ts';
import { tryParseJson } from '../../../../json.ts';
import { locationsIn, weightsAt } from '../model/digest.ts';
import { readManifest, writeManifest } from '../model/manifest.ts';
import { type Downloaded, download } from './download.ts';
import { type HubConnection, type HubFetch, pullFailed } from './http.ts';
import { type ListedFile, listModel, neededOf } from './listing.ts';
import { lock } from './lock.ts';
import { folderNameOf, type HubName, hubNameOf } from './name.ts';

export interface PullOptions {
  /** `org/name`, or `org/name@revision`. */
  readonly model: string;
  /** Models are below this folder, each in its own. */
  readonly folder: string;
  /** The graph's file. Default: 8-bit weights if there are, else `model.onnx`. */
  readonly file?: string | undefined;
  /** Default `https://huggingface.co`. */
  readonly endpoint?: string | undefined;
  /** Sent to the endpoint as a bearer token, and to no other address. */
  readonly token?: string | undefined;
  /** Default: the global `fetch`. */
  readonly fetch?: HubFetch | undefined;
  /** Bound on all files together, in bytes. Default 8 GB. */
  readonly maxBytes?: number | undefined;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

export interface PullProgress {
  /** The file that comes. */
  readonly file: string;
  /** Bytes of all files that are there. */
  readonly bytes: number;
  /** Bytes of all files; undefined if the hub does not say it. */
  readonly of: number | undefined;
}

export interface PulledModel {
  readonly name: string;
  /** The commit that the files are of. */
  readonly commit: string;
  readonly folder: string;
  /** Name of the graph's file. */
  readonly file: string;
  readonly bytes: number;
}

const usualEndpoint = 'https://huggingface.co';
const usualMaxBytes = 8 * 1024 ** 3;
/** How the folder of a model begins that is not whole yet. */
const beingMade = '.pulling-';
const pins = z.record(z.string(), z.string());

/** The model as it was pulled before, by the revision that it was asked for; undefined if it was not. */
export async function pulledModel({
  model,
  folder,
  file,
}: Pick<PullOptions, 'model' | 'folder' | 'file'>): Promise<PulledModel | undefined> {
  const asked = nameIn(model);
  const place = join(folder, folderNameOf(asked));
  const pinned = (await readPins(place))[pinOf(asked, file)];
  return pinned === undefined || !/^[\w.-]+$/.test(pinned) ? undefined : await pulledIn(join(place, pinned));
}

/**
 * Pulls the model as the hub has it now. Files that are there already are not pulled again.
 *
 * @throws AskonceError `invalid_settings` for what is no name of a model, `semantic_failed` for all that goes wrong
 */
export async function pullModel(options: PullOptions): Promise<PulledModel> {
  const { folder, file, endpoint = usualEndpoint, token, maxBytes = usualMaxBytes } = options;
  const { clock = systemClock, signal = new AbortController().signal } = options;
  const asked = nameIn(options.model);
  const hub: HubConnection = { endpoint, token, fetch: options.fetch ?? globalThis.fetch, clock, signal };
  const listing = await listModel(hub, asked);
  const { graph, needed } = neededOf(listing, asked.name, file);
  const place = join(folder, folderNameOf(asked));
  const own = `${listing.commit}${file === undefined ? '' : `--${file.replace(/[^\w.-]/g, '_')}`}`;
  const target = join(place, own);
  const making = join(place, `${beingMade}${own}`);
  await mkdir(making, { recursive: true, mode: 0o700 });
  const release = await lock(`${making}.lock`, clock, signal);
  try {
    const there = await pulledIn(target);
    if (there === undefined) {
      const files = await pullFiles(
        { ...options, hub, asked, commit: listing.commit, making, maxBytes, all: listing.files },
        graph,
        needed,
      );
      await writeManifest(making, {
        ...asked,
        commit: listing.commit,
        file: graph,
        files: Object.fromEntries(files),
      });
      // A folder of that name without a manifest is no model.
      await rm(target, { recursive: true, force: true });
      await rename(making, target);
    } else await rm(making, { recursive: true, force: true });
    await writePin(place, pinOf(asked, file), own);
    await removeLeftovers(place);
    return (await pulledIn(target)) ?? lostAgain(asked.name);
  } finally {
    await release();
  }
}

interface PullingOptions extends PullOptions {
  readonly hub: HubConnection;
  readonly asked: HubName;
  readonly commit: string;
  readonly making: string;
  readonly maxBytes: number;
  readonly all: readonly ListedFile[];
}

async function pullFiles(
  options: PullingOptions,
  graph: string,
  needed: readonly ListedFile[],
): Promise<ReadonlyMap<string, Downloaded>> {
  const { hub, asked, commit, making, maxBytes, onProgress } = options;
  const done = new Map<string, Downloaded>();
  let of = sizeOf(needed);
  let before = 0;
  const pull = async (file: ListedFile) => {
    if (Math.max(before + (file.size ?? 0), of ?? 0) > maxBytes)
      throw pullFailed(
        `The model ${asked.name} is larger than the bound of ${maxBytes} bytes; choose a smaller one, or another file of it.`,
      );
    const downloaded = await download({
      ...{ hub, model: asked.name, commit, file, folder: making },
      maxBytes: maxBytes - before,
      onBytes: (bytes) => onProgress?.({ file: file.name, bytes: before + bytes, of }),
    });
    before += downloaded.bytes;
    done.set(file.name, downloaded);
  };
  // Small ones first: what is wrong with them is known before the weights have come.
  for (const file of needed.toSorted((one, other) => (one.size ?? 0) - (other.size ?? 0))) await pull(file);
  // The graph itself says where its weights are.
  const weights = [...(await locationsIn(join(making, graph)))].map((location) => weightsAt(graph, location));
  const further = weights
    .filter((name) => !done.has(name))
    .map((name) => options.all.find((file) => file.name === name) ?? lacking(asked.name, name));
  of = sizeOf([...needed, ...further]);
  for (const file of further) await pull(file);
  return done;
}

/** What was pulled in part, of commits that are no longer asked for. */
async function removeLeftovers(place: string): Promise<void> {
  const names = await readdir(place);
  for (const name of names) {
    if (name.startsWith(beingMade) && !name.endsWith('.lock') && !names.includes(`${name}.lock`))
      await rm(join(place, name), { recursive: true, force: true });
  }
}

function sizeOf(files: readonly ListedFile[]): number | undefined {
  let sum = 0;
  for (const { size } of files) {
    if (size === undefined) return undefined;
    sum += size;
  }
  return sum;
}

function lacking(model: string, name: string): never {
  throw pullFailed(`The model ${model} lacks its weights ${name}; choose another file of it.`);
}

function lostAgain(model: string): never {
  throw pullFailed(`The model ${model} was removed while it was pulled; pull it again.`);
}

function nameIn(text: string): HubName {
  const name = hubNameOf(text);
  if (name !== undefined) return name;
  throw new AskonceError(
    'invalid_settings',
    `${JSON.stringify(text.slice(0, 100))} is no name of a model; name it org/name, or org/name@revision.`,
  );
}

/** What was asked for, as it is pinned to a commit. */
function pinOf({ revision }: HubName, file: string | undefined): string {
  return file === undefined ? revision : `${revision} ${file}`;
}

async function readPins(place: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(place, 'pins.json'), 'utf8').catch(() => '');
  const read = pins.safeParse(tryParseJson(text));
  return read.success ? read.data : {};
}

async function writePin(place: string, pin: string, folder: string): Promise<void> {
  const path = join(place, 'pins.json');
  const all = { ...(await readPins(place)), [pin]: folder };
  await writeFile(`${path}.new`, `${JSON.stringify(all, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

async function pulledIn(folder: string): Promise<PulledModel | undefined> {
  const manifest = await readManifest(folder).catch(() => undefined);
  if (manifest === undefined) return undefined;
  const { name, commit, file, files } = manifest;
  const bytes = Object.values(files).reduce((sum, one) => sum + one.bytes, 0);
  for (const [each, one] of Object.entries(files)) {
    if ((await stat(join(folder, each)).catch(() => undefined))?.size !== one.bytes) return undefined;
  }
  return { name, commit, folder, file, bytes };
}
