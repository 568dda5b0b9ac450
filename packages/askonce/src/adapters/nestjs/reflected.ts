/**
 * What Nest's decorators say about a class and its methods.
 *
 * The keys are not part of Nest's public API; versions 11 and 12 have the same.
 */
import { RequestMethod } from '@nestjs/common';
import type {} from 'reflect-metadata';

const keys = {
  path: 'path',
  method: 'method',
  interceptors: '__interceptors__',
  arguments: '__routeArguments__',
  passesResponse: '__responsePassthrough__',
  headers: '__headers__',
  redirect: '__redirect__',
  render: '__renderTemplate__',
  events: '__sse__',
  version: '__version__',
} as const;

const readingMethods: readonly unknown[] = [RequestMethod.GET, RequestMethod.HEAD, RequestMethod.ALL];

/** A route's handler, as far as it matters to a cache. */
export interface ReflectedRoute {
  /**
   * Why Nest does not send what interceptors return: the handler writes the response itself (`@Res()`), sends events
   * (`@Sse()`), redirects (`@Redirect()`) or has a view rendered (`@Render()`). Undefined: it does.
   */
  readonly bypass: 'response' | 'events' | 'redirect' | 'view' | undefined;
  /** Whether the handler is given the response, on which it may set headers and status. */
  readonly holdsResponse: boolean;
  /** Names of the headers that `@Header()` sets, in lower case. */
  readonly headers: readonly string[];
}

/**
 * Names a handler that has a version, which requests may choose by anything (a header, a media type): path and query need not
 * say which one answers. Undefined: it has none.
 */
export function versionedName(controller: object, handler: object): string | undefined {
  const version: unknown =
    Reflect.getMetadata(keys.version, handler) ?? Reflect.getMetadata(keys.version, controller);
  if (version === undefined) return undefined;
  const names = [controller, handler].map((one) => (typeof one === 'function' ? one.name : ''));
  return JSON.stringify([...names, ...[version].flat().map(String)]);
}

/** Whether a route decorator (`@Get('cats/:id')`) names the function. */
function isRouteHandler(handler: unknown): boolean {
  return typeof handler === 'function' && Reflect.hasMetadata(keys.path, handler);
}

/** Whether a function handles a route of GET, HEAD or all methods. */
export function handlesReads(handler: unknown): boolean {
  return (
    typeof handler === 'function' &&
    isRouteHandler(handler) &&
    readingMethods.includes(Reflect.getMetadata(keys.method, handler))
  );
}

/** The paths that a controller's and its handler's decorators give, without prefix and version. */
export function declaredPaths(controller: object, handler: object): readonly string[] {
  const [before, after] = [controller, handler].map((target) => {
    const path: unknown = Reflect.getMetadata(keys.path, target);
    return [path].flat().filter((one) => typeof one === 'string');
  });
  return (before ?? []).flatMap((one) => (after ?? []).map((other) => plainPath(`${one}/${other}`)));
}

/** With one slash between segments and before them, and none at the end. */
function plainPath(path: string): string {
  return `/${path
    .split('/')
    .filter((segment) => segment !== '')
    .join('/')}`;
}

/** The handlers of routes that a controller has, its own and inherited ones. */
export function routeHandlersOf(prototype: object): readonly object[] {
  const handlers: object[] = [];
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at))
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(at)))
      if (isRouteHandler(value)) handlers.push(value);
  return handlers;
}

/** Where a class has a method: a decorator that wraps it may have left it another name. */
export function nameOfMethod(prototype: object, method: unknown): string | symbol | undefined {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at)) {
    const found = Reflect.ownKeys(at).find(
      (key) => Object.getOwnPropertyDescriptor(at, key)?.value === method,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The interceptors that `@UseInterceptors()` names on a handler or its class: classes and instances. */
export function interceptorsOf(controller: object, handler: object): readonly unknown[] {
  return [controller, handler].flatMap((target): readonly unknown[] => {
    const listed: unknown = Reflect.getMetadata(keys.interceptors, target);
    return Array.isArray(listed) ? listed : [];
  });
}

export function reflectedRoute(
  controller: object,
  handler: object,
  name: string | symbol | undefined,
): ReflectedRoute {
  const has = (key: string) => Reflect.hasMetadata(key, handler);
  const given: unknown =
    name === undefined ? undefined : Reflect.getMetadata(keys.arguments, controller, name);
  // Each parameter's key begins with the number of its kind: 1 is the response, 2 is next().
  const parameters = Object.keys(typeof given === 'object' && given !== null ? given : {});
  const kinds = parameters.map((key) => key.split(':')[0]);
  const holdsResponse = kinds.includes('1') || kinds.includes('2');
  const passes = name !== undefined && Reflect.getMetadata(keys.passesResponse, controller, name) === true;
  const bypass = () => {
    if (has(keys.events)) return 'events';
    if (has(keys.render)) return 'view';
    if (has(keys.redirect)) return 'redirect';
    return holdsResponse && !passes ? 'response' : undefined;
  };
  return {
    bypass: bypass(),
    holdsResponse,
    headers: headerNames(Reflect.getMetadata(keys.headers, handler)),
  };
}

function headerNames(headers: unknown): readonly string[] {
  if (!Array.isArray(headers)) return [];
  return headers.flatMap((header: unknown) =>
    typeof header === 'object' && header !== null && 'name' in header && typeof header.name === 'string'
      ? [header.name.toLowerCase()]
      : [],
  );
}

export function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function';
}

/** Gives a function that stands for another all that decorators have said about that one. */
export function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getOwnMetadataKeys(from))
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, from), to);
}
