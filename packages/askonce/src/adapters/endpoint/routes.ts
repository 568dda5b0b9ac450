/**
 * The options of each route: those of the table `routes` over those for all routes.
 */
import { anonymousPattern, plainPath } from '../../identity/path.ts';
import { tag } from '../../identity/tags.ts';
import { recentMap } from '../../recent-map.ts';
import type { EndpointOptions, EndpointRouteOptions } from './contract.ts';
import { type PathTest, pathTest } from './patterns.ts';
import { eventsOf, writeOf } from './triggers.ts';

/** Routes whose options are remembered; a request that matches no route is one of its own. */
const maxRemembered = 10_000;
/** Characters of a path whose options are remembered: clients make paths of any length. */
const longestRemembered = 1024;
/** Characters of a first segment that names a route. A longer one is a value. */
const longestSegment = 128;
/** By default these invalidate a route's answers. One tag stands for all four: most routes leave it at that. */
const usualWrites: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export interface Route<Raw> {
  /** The pattern; if none is known, one made of the first segment of the path, since values of it are for no key. */
  readonly pattern: string;
  readonly hasPattern: boolean;
  /** False: the route is not cached. */
  readonly options: EndpointRouteOptions<Raw> | false;
  /** Tags by which writes and domain events invalidate the route's answers. */
  readonly tags: readonly string[];
}

export interface Routes<Raw> {
  /** @param method in its read form: `GET` for `HEAD` */
  routeOf(method: string, pattern: string | undefined, path: string): Route<Raw>;
  /**
   * Tags of the answers that a write on this route and path invalidates: also of answers that other processes stored, whose
   * routes are not known here.
   */
  tagsOfWrite(method: string, pattern: string | undefined, path: string): readonly string[];
}

/** Whether options keep answers from some who ask. */
function isStrict<Raw>({ options }: Row<Raw>): boolean {
  return options === false || options.user !== undefined || options.tenant !== undefined;
}

interface Row<Raw> {
  readonly method: string | undefined;
  readonly pattern: string;
  readonly test: PathTest;
  /** Whether it may mean the path, or the pattern, in another spelling. */
  readonly isLike: (path: string, pattern: string | undefined) => boolean;
  readonly options: EndpointRouteOptions<Raw> | false;
}

interface Write {
  readonly method: string;
  readonly test: PathTest;
  readonly tag: string;
}

function plainPattern(pattern: string): string {
  return plainPath(anonymousPattern(pattern));
}

/** Names a write; the names of its parameters do not count. */
export function writeTag(by: string, pattern: string): string {
  return tag('write', `${by} ${plainPattern(pattern)}`);
}

function usualWritesTag(pattern: string): string {
  return tag('writes', plainPattern(pattern));
}

/** `/reset/*` for `/reset/5f0c`. `/*` if there is only one segment, or the first is very long: it may be a value. */
function firstSegment(path: string): string {
  const [first, ...others] = path.split('/').filter((segment) => segment !== '');
  const isNamed = first !== undefined && first.length <= longestSegment && others.length > 0;
  return isNamed ? `/${first}/*` : '/*';
}

/** More words, and an end, are more specific. */
function specificity(pattern: string): number {
  const words = pattern.split('/').filter((segment) => segment !== '' && !/[:*{]/.test(segment));
  return 2 * words.length - (pattern.includes('*') ? 1 : 0);
}

/** Takes every spelling of a path that the pattern matches. */
function plainTestOf(pattern: string): PathTest {
  const test = pathTest(plainPath(pattern));
  return (path) => test(plainPath(path));
}

/** @param eventTags makes tags of the types of domain events */
export function routesOf<Raw>(
  { routes = {}, etag: _, ...forAll }: EndpointOptions<Raw>,
  eventTags: (types: readonly string[]) => readonly string[],
): Routes<Raw> {
  const unsorted = Object.entries(routes).map(([name, options]): Row<Raw> => {
    const [, only, pattern = name] = /^(?:([A-Z][A-Z-]*) +)?(\/.*)$/.exec(name) ?? [];
    const plainTest = pathTest(plainPath(pattern));
    const isLike = (path: string, given: string | undefined) =>
      plainTest(plainPath(path)) || (given !== undefined && plainTest(plainPath(given)));
    return { method: only, pattern, test: pathTest(pattern), isLike, options };
  });
  // The most specific first, and one for a method before one for all.
  const rows = unsorted.toSorted(
    (one, other) =>
      specificity(other.pattern) - specificity(one.pattern) ||
      Number(one.method === undefined) - Number(other.method === undefined),
  );
  const writes = new Map<string, Write>();
  for (const { invalidateOn = [] } of [forAll, ...rows.map(({ options }) => options || {})])
    for (const what of invalidateOn) {
      const write = writeOf(what);
      if (write?.path === undefined) continue;
      const { method, path } = write;
      writes.set(what, { method, test: plainTestOf(path), tag: writeTag(method, path) });
    }
  const known = recentMap<Route<Raw>>(maxRemembered);

  /**
   * The options for a path. A row that closes the route, or says who asks, holds in every spelling of the path: the framework
   * may take another one for the same.
   */
  function rowOf(by: string, pattern: string | undefined, path: string): Row<Raw> | undefined {
    const own = rows.filter((row) => row.method === undefined || row.method === by);
    const named = own.filter((row) => row.pattern === pattern);
    // One that is named goes before one that merely matches.
    const matching = own.filter((row) => row.test(path) || (pattern !== undefined && row.test(pattern)));
    const usual = named[0] ?? matching[0];
    if (usual !== undefined && (named.length > 0 || isStrict(usual))) return usual;
    const alike = own.filter((row) => !matching.includes(row) && row.isLike(path, pattern));
    return alike.find((row) => row.options === false) ?? alike.find(isStrict) ?? usual ?? alike[0];
  }

  function tagsFor(
    pattern: string | undefined,
    invalidateOn: readonly string[] | undefined,
  ): readonly string[] {
    if (invalidateOn === undefined) return pattern === undefined ? [] : [usualWritesTag(pattern)];
    const named = invalidateOn.flatMap((what) => {
      const write = writeOf(what);
      const target = write?.path ?? pattern;
      return write === undefined || target === undefined ? [] : [writeTag(write.method, target)];
    });
    return [...named, ...eventTags(eventsOf(invalidateOn))];
  }

  function made(by: string, given: string | undefined, path: string): Route<Raw> {
    const row = rowOf(by, given, path);
    const options = row?.options === false ? false : { ...forAll, ...row?.options };
    const named = given ?? row?.pattern;
    return {
      pattern: named ?? firstSegment(path),
      hasPattern: named !== undefined,
      options,
      tags: options === false ? [] : tagsFor(named, options.invalidateOn),
    };
  }

  return {
    routeOf(by, pattern, path) {
      const name = `${by} ${pattern ?? ''} ${rows.length > 0 || pattern === undefined ? path : ''}`;
      const seen = known.get(name);
      if (seen !== undefined) return seen;
      const route = made(by, pattern, path);
      if (name.length <= longestRemembered) known.set(name, route);
      return route;
    },
    tagsOfWrite(by, given, path) {
      // Without a pattern, the tag of the path says it all.
      const pattern = given ?? rowOf('GET', undefined, path)?.pattern;
      const tags = new Set(pattern === undefined ? [] : [writeTag(by, pattern)]);
      if (pattern !== undefined && usualWrites.has(by)) tags.add(usualWritesTag(pattern));
      for (const write of writes.values()) if (write.method === by && write.test(path)) tags.add(write.tag);
      return [...tags];
    },
  };
}
