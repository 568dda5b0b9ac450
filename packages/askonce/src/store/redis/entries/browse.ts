/**
 * Pages of the entries in Redis, by the cursors of `SCAN`, master after master in the order of their addresses. Reading an
 * entry counts as a use of it for the server's LRU.
 */
import { hash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Browse, BrowsedEntry, BrowsedPage, PageTerms } from '../../browse.ts';
import { entryTest, scanPattern } from '../keys.ts';
import { allMastersOf, send } from '../server/client.ts';
import { listOf, textOf } from '../server/replies.ts';
import type { RedisScanOptions } from './scan.ts';

/** Keys that one `SCAN` looks at. */
const keysAtOnce = 100;
/** Entries read in one command: at most some 32 MB. */
const readAtOnce = 32;
/** Work for one page: commands, and bytes of bodies. */
const mostScans = 40;
const mostBytes = 33_554_432;

/** Where a page begins. */
interface Position {
  /** Address of the master, and its process: another one has other cursors. */
  readonly node: string;
  readonly process: string;
  readonly cursor: string;
  /** Entries of the cursor's own keys that earlier pages had, and the digest of their keys; '' for none. */
  readonly given: number;
  readonly digest: string;
}

const written = /^([\w.:[\]%-]*) ([0-9a-f]*) (\d{1,20}) (\d{1,6}) ([0-9a-f]*)$/;

export function redisBrowse({
  connection,
  prefix,
  timeoutMs,
  read,
}: Omit<RedisScanOptions, 'heatOf'>): Browse {
  const isEntry = entryTest(prefix);
  const match = scanPattern(prefix, '*');

  function masters(): readonly (readonly [string, Redis])[] {
    return allMastersOf(connection.client)
      .map((node) => [`${node.options.host}:${node.options.port}`, node] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1));
  }

  /** Servers that do not say which process they are have ''. */
  async function processOf(node: Redis): Promise<string> {
    const info = await send(node, 'info', ['server'], timeoutMs).then(textOf, () => '');
    return /^run_id:([0-9a-f]+)/m.exec(info)?.[1] ?? '';
  }

  /** The page from a position of one master; its `next` is undefined at the master's end. */
  async function pageOf(node: Redis, from: Position, { limit, wants }: PageTerms): Promise<BrowsedPage> {
    const found: BrowsedEntry[] = [];
    let { cursor, given, digest } = from;
    let bytes = 0;
    for (let scans = 0; scans < mostScans && bytes < mostBytes; scans++) {
      const reply = await send(node, 'scan', [cursor, 'MATCH', match, 'COUNT', keysAtOnce], timeoutMs);
      const [next, listed] = listOf(reply);
      const keys = listOf(listed).map(textOf).filter(isEntry).toSorted();
      // Where the keys of the cursor are others than before, all of them are looked at again: none is missed, some come twice.
      let at = digestOf(keys.slice(0, given)) === digest ? given : 0;
      while (at < keys.length) {
        const some = keys.slice(at, at + Math.min(readAtOnce, limit - found.length));
        for (const entry of await read(some)) {
          if (entry === undefined) continue;
          const one = { key: entry.key, meta: entry.meta, bytes: entry.recording.body.length };
          bytes += one.bytes;
          if (wants(one)) found.push(one);
        }
        at += some.length;
        if (found.length < limit) continue;
        // A cursor is left only once all of its keys were looked at.
        if (at < keys.length)
          return {
            entries: found,
            next: text({ ...from, cursor, given: at, digest: digestOf(keys.slice(0, at)) }),
          };
      }
      cursor = textOf(next);
      given = 0;
      digest = '';
      if (cursor === '0') return { entries: found, next: undefined };
      if (found.length >= limit) break;
    }
    return { entries: found, next: text({ ...from, cursor, given: 0, digest: '' }) };
  }

  return {
    async page(from, terms) {
      const nodes = masters();
      const given = from === '' ? undefined : positionOf(from);
      if (from !== '' && given === undefined) return undefined;
      const index = given === undefined ? 0 : nodes.findIndex(([name]) => name === given.node);
      const [name, node] = nodes[index] ?? [];
      if (name === undefined || node === undefined) return undefined;
      const process = await processOf(node);
      if (given !== undefined && given.process !== process && given.cursor !== '0') return undefined;
      const begin = {
        node: name,
        process,
        cursor: given?.cursor ?? '0',
        given: given?.given ?? 0,
        digest: given?.digest ?? '',
      };
      const page = await pageOf(node, begin, terms);
      if (page.next !== undefined) return page;
      const [following] = nodes[index + 1] ?? [];
      if (following === undefined) return page;
      return { ...page, next: text({ node: following, process: '', cursor: '0', given: 0, digest: '' }) };
    },
    async look(key) {
      const [entry] = await read([key]);
      return entry && { entry };
    },
  };
}

function digestOf(keys: readonly string[]): string {
  return keys.length === 0 ? '' : hash('sha256', keys.join('\n'), 'hex').slice(0, 20);
}

function text({ node, process, cursor, given, digest }: Position): string {
  return [node, process, cursor, given, digest].join(' ');
}

function positionOf(from: string): Position | undefined {
  const [, node, process, cursor, given, digest] = written.exec(from) ?? [];
  if (node === undefined || process === undefined || cursor === undefined || digest === undefined)
    return undefined;
  return { node, process, cursor, given: Number(given), digest };
}
