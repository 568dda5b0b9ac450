/**
 * The options of each route: those of the table `routes` over those for all routes.
 */
import { tag } from '../../identity/tags.ts';
import { recentMap } from '../../recent-map.ts';
import type { EndpointOptions, EndpointRouteOptions } from './contract.ts';
import { type PathTest, pathTest } from './patterns.ts';

/** Routes whose options are remembered; a request that matches no route is one of its own. */
const maxRemembered = 10_000;
const defaultWrites = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;
const method = /^[A-Z]+$/;
const writeElsewhere = /^([A-Z]+) (\/.*)$/;

export interface Route<Raw> {
  /** The pattern, or the path if no pattern is known. */
  readonly pattern: string;
  readonly hasPattern: boolean;
  /** False: the route is not cached. */
  readonly options: EndpointRouteOptions<Raw> | false;
  /** Methods that invalidate the route's answers if they succeed on one of its paths. */
  readonly writes: ReadonlySet<string>;
  /** Tags by which writes elsewhere and domain events invalidate the route's answers. */
  readonly tags: readonly string[];
}

export interface Routes<Raw> {
  /** @param method in its read form: `GET` for `HEAD` */
  routeOf(method: string, pattern: string | undefined, path: string): Route<Raw>;
  /** Tags of the answers that a write on this route and path invalidates, wherever they are. */
  tagsOfWrite(method: string, pattern: string | undefined, path: string): readonly string[];
}

interface Row<Raw> {
  readonly method: string | undefined;
  readonly pattern: string;
  readonly test: PathTest;
  readonly options: EndpointRouteOptions<Raw> | false;
}

interface Write {
  readonly method: string;
  readonly pattern: string;
  readonly test: PathTest;
  readonly tag: string;
}

export function routesOf<Raw>({ routes = {}, etag: _, ...forAll }: EndpointOptions<Raw>): Routes<Raw> {
  const rows = Object.entries(routes).map(([name, options]): Row<Raw> => {
    const [, only, pattern = name] = /^(?:([A-Z]+) +)?(\/.*)$/.exec(name) ?? [];
    return { method: only, pattern, test: pathTest(pattern), options };
  });
  const writes = new Map<string, Write>();
  for (const { invalidateOn = [] } of [forAll, ...rows.map(({ options }) => options || {})])
    for (const what of invalidateOn) {
      const [, by, pattern] = writeElsewhere.exec(what) ?? [];
      if (by !== undefined && pattern !== undefined)
        writes.set(what, { method: by, pattern, test: pathTest(pattern), tag: tag('write', what) });
    }
  const known = recentMap<Route<Raw>>(maxRemembered);

  function rowOf(by: string, pattern: string | undefined, path: string): Row<Raw> | undefined {
    const own = rows.filter((row) => row.method === undefined || row.method === by);
    const named = own.filter((row) => row.pattern === pattern);
    // A row for the method goes before one for all methods, and one that is named before one that merely matches.
    const fitting = named.length > 0 ? named : own.filter((row) => row.test(path));
    return fitting.find((row) => row.method !== undefined) ?? fitting[0];
  }

  function made(by: string, pattern: string | undefined, path: string): Route<Raw> {
    const row = rowOf(by, pattern, path);
    const options = row?.options === false ? false : { ...forAll, ...row?.options };
    const { invalidateOn = defaultWrites } = options || {};
    return {
      pattern: pattern ?? row?.pattern ?? path,
      hasPattern: pattern !== undefined || row !== undefined,
      options,
      writes: new Set(invalidateOn.filter((what) => method.test(what))),
      tags: invalidateOn
        .filter((what) => !method.test(what))
        .map((what) => tag(writeElsewhere.test(what) ? 'write' : 'event', what)),
    };
  }

  return {
    routeOf(by, pattern, path) {
      const name = `${by} ${pattern ?? ''} ${rows.length > 0 || pattern === undefined ? path : ''}`;
      const seen = known.get(name);
      if (seen !== undefined) return seen;
      const route = made(by, pattern, path);
      known.set(name, route);
      return route;
    },
    tagsOfWrite: (by, pattern, path) =>
      [...writes.values()]
        .filter((write) => write.method === by && (write.pattern === pattern || write.test(path)))
        .map((write) => write.tag),
  };
}
