/**
 * The digest of all files of a model that have a part in its vectors, and whether they are still what was digested.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { configurationsAmong, graphAmong, isPlainName, isWeightsOf } from './layout.ts';
import { UnusableModel } from './unusable.ts';

export interface ModelFiles {
  /** Name of the graph's file, relative to the folder. */
  readonly graph: string;
  /** All files that matter, sorted. */
  readonly names: readonly string[];
  /** SHA-256 over the names, sizes and digests of the files, in hexadecimal. */
  readonly digest: string;
  /** SHA-256 of each file. */
  readonly digests: ReadonlyMap<string, string>;
  readonly bytes: number;
  /** What the file system says of them. Equal states mean equal files. */
  readonly state: string;
}

/** Folders within a model's folder that are looked into. */
const depth = 2;
const mostFiles = 2_000;

/** Names of a model's files, relative and with slashes, sorted. @throws UnusableModel */
async function filesOf(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  async function walk(below: string, left: number): Promise<void> {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (names.length >= mostFiles) throw new UnusableModel(`its folder holds more than ${mostFiles} files`);
      if (entry.isDirectory()) {
        if (left > 0) await walk(name, left - 1);
      } else names.push(name);
    }
  }
  try {
    await walk('', depth);
  } catch (error) {
    if (error instanceof UnusableModel) throw error;
    throw new UnusableModel('its folder cannot be read');
  }
  return names.toSorted();
}

/** Reads every file of the model once. @param wanted the graph's file, if a setting names it. @throws UnusableModel */
export async function digestModel(folder: string, wanted?: string): Promise<ModelFiles> {
  const all = await filesOf(folder);
  const graph = graphAmong(all, wanted);
  if (graph === undefined) throw new UnusableModel(missingGraph(all, wanted));
  const locations = new Set<string>();
  const before = await stateOf(folder, [graph]);
  const ofGraph = await digestFile(join(folder, graph), locations);
  const weights = [
    ...new Set([
      ...all.filter((name) => isWeightsOf(graph, name)),
      ...[...locations].map((location) => weightsAt(graph, location)),
    ]),
  ];
  const others = [...configurationsAmong(all), ...weights].toSorted();
  const state = await stateOf(folder, [graph, ...others]);
  const lines = [`${graph} ${ofGraph.bytes} ${ofGraph.digest}`];
  const digests = new Map([[graph, ofGraph.digest]]);
  let bytes = ofGraph.bytes;
  for (const name of others) {
    const file = await digestFile(join(folder, name));
    lines.push(`${name} ${file.bytes} ${file.digest}`);
    digests.set(name, file.digest);
    bytes += file.bytes;
  }
  const names = [graph, ...others];
  const digest = createHash('sha256').update(lines.join('\n')).digest('hex');
  const after = await stateOf(folder, names);
  if (after !== state || (await stateOf(folder, [graph])) !== before)
    throw new UnusableModel('its files changed while they were being read');
  return { graph, names, digest, digests, bytes, state };
}

function missingGraph(names: readonly string[], wanted: string | undefined): string {
  if (wanted !== undefined) return `it has no file ${wanted}`;
  const graphs = names.filter((name) => name.endsWith('.onnx'));
  return graphs.length === 0
    ? 'it has no ONNX file (onnx/model.onnx or the like)'
    : `it has several ONNX files and none of a usual name (${graphs.slice(0, 5).join(', ')}); name one`;
}

/** The name of a file that a graph says it has its weights in. @throws UnusableModel if it is no file of the model */
export function weightsAt(graph: string, location: string): string {
  const folder = dirname(graph);
  const name = folder === '.' ? location : `${folder}/${location}`;
  if (isPlainName(location)) return name;
  throw new UnusableModel('its ONNX file names weights outside of the folder');
}

/** Size, inode and times of change of the files. A missing one has a state, too. */
export async function stateOf(folder: string, names: readonly string[]): Promise<string> {
  const states = await Promise.all(
    names.map(async (name) => {
      try {
        const { size, ino, mtimeNs, ctimeNs } = await stat(join(folder, name), { bigint: true });
        return `${name} ${size} ${ino} ${mtimeNs} ${ctimeNs}`;
      } catch {
        return `${name} missing`;
      }
    }),
  );
  return states.join('\n');
}

/**
 * How a graph names a file of weights: field 1 of a StringStringEntryProto is `location`, field 2 the name, whose length
 * follows in one byte or two.
 */
const mark = Buffer.from('\x0a\x08location\x12', 'latin1');
/** The mark, the length and the longest name: what may be cut by the end of a piece. */
const overlap = mark.length + 2 + 512;

/** @param locations receives the names of files with weights that the file mentions */
async function digestFile(path: string, locations?: Set<string>) {
  const hash = createHash('sha256');
  let bytes = 0;
  let tail: Buffer = Buffer.alloc(0);
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      if (!Buffer.isBuffer(piece)) continue;
      hash.update(piece);
      bytes += piece.length;
      if (locations === undefined) continue;
      const seen = Buffer.concat([tail, piece]);
      findLocations(seen, locations);
      tail = seen.subarray(-overlap);
    }
  } catch {
    throw new UnusableModel(`${path.split(/[\\/]/).at(-1)} cannot be read`);
  }
  return { bytes, digest: hash.digest('hex') };
}

/** The names of files with weights that a graph mentions. @throws UnusableModel */
export async function locationsIn(path: string): Promise<ReadonlySet<string>> {
  const locations = new Set<string>();
  await digestFile(path, locations);
  return locations;
}

function findLocations(bytes: Buffer, locations: Set<string>): void {
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    let start = at + mark.length;
    const low = bytes[start++] ?? 0;
    const length = low < 0x80 ? low : (low & 0x7f) | ((bytes[start++] ?? 0) << 7);
    if (length > 0 && length <= 512 && start + length <= bytes.length)
      locations.add(bytes.toString('utf8', start, start + length));
  }
}
