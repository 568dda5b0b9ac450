/**
 * The options of all routes of an application: those of the table `routes`, and what routes say of themselves in their
 * `config`.
 */
import type { FastifyRequest, RouteOptions } from 'fastify';
import type { EndpointOptions, EndpointRouteOptions } from '../endpoint/contract.ts';

type Routes = NonNullable<EndpointOptions<FastifyRequest>['routes']>;

/** Request headers by which Fastify's own constraints choose among handlers of one path. */
const constraintHeaders: Readonly<Record<string, string>> = { version: 'accept-version', host: 'host' };

export interface RouteTable {
  add(route: RouteOptions): void;
  all(): Routes;
}

export function routeTable(given: Routes = {}): RouteTable {
  const own = new Map<string, EndpointRouteOptions<FastifyRequest> | false>();
  /** By method and path: the headers that choose the handler; undefined if they are not known. */
  const chosenBy = new Map<string, Set<string> | undefined>();

  function optionsOf(name: string, url: string): EndpointRouteOptions<FastifyRequest> | false | undefined {
    const base = given[name] ?? given[url];
    const said = own.get(name);
    const options =
      said === undefined || said === false || base === false ? (said ?? base) : { ...base, ...said };
    if (options === false || !chosenBy.has(name)) return options;
    const headers = chosenBy.get(name);
    // A constraint of the application's own may choose by anything: only the route itself can say by which headers.
    if (headers === undefined) return options?.vary === undefined ? false : options;
    return { ...options, vary: [...(options?.vary ?? []), ...headers] };
  }

  const urls = new Map<string, string>();
  return {
    add({ method, url, config, constraints }) {
      for (const one of [method].flat()) {
        const name = `${one} ${url}`;
        urls.set(name, url);
        if (config?.askonce !== undefined) own.set(name, config.askonce);
        for (const constraint of Object.keys(constraints ?? {})) {
          const header = constraintHeaders[constraint];
          const known = chosenBy.has(name) ? chosenBy.get(name) : new Set<string>();
          chosenBy.set(name, header === undefined ? undefined : known?.add(header));
        }
      }
    },
    all() {
      const all: Record<string, EndpointRouteOptions<FastifyRequest> | false> = { ...given };
      for (const [name, url] of urls) {
        const options = optionsOf(name, url);
        if (options !== undefined) all[name] = options;
      }
      return all;
    },
  };
}
