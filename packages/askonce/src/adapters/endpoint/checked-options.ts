/**
 * Options are checked when an endpoint is put behind the cache: one that is misspelt would open what it was to close.
 */
import { AskonceError } from '../../errors.ts';
import { nearest } from '../../settings/nearest.ts';
import type { EndpointOptions, EndpointRouteOptions } from './contract.ts';
import { triggerFault } from './triggers.ts';

type Check = (value: unknown) => string | undefined;

/** Ten years, as of all lifetimes. */
const longestSeconds = 315_360_000;

const seconds: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= longestSeconds
    ? undefined
    : `must be a number of seconds from 0 to ${longestSeconds}`;
const boolean: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const callback: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function');
const texts =
  (fault: (text: string) => string | undefined = () => undefined): Check =>
  (value) => {
    if (!Array.isArray(value) || !value.every((text) => typeof text === 'string' && text !== ''))
      return 'must be a list of texts';
    return value.map(fault).find((one) => one !== undefined);
  };

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const ofRoutes = {
  ttl: seconds,
  staleWhileRevalidate: seconds,
  staleIfError: seconds,
  invalidateOn: texts(triggerFault),
  tags: (value) => (typeof value === 'function' ? undefined : texts()(value)),
  user: callback,
  tenant: callback,
  sharesCredentials: boolean,
  vary: texts((name) =>
    headerName.test(name) && name !== '*'
      ? undefined
      : `${JSON.stringify(name)} is no header; a route that differs by everything is false`,
  ),
  ignoredParameters: texts(),
} as const satisfies Record<keyof EndpointRouteOptions<unknown>, Check>;

const ofAll: Readonly<Record<string, Check>> = { ...ofRoutes, etag: boolean, routes: () => undefined };

/** A method in upper case, and a path without a query. */
const routeName = /^(?:[A-Z][A-Z-]* +)?\/(?!.*\?[^/()]*=)[^#\s]*$/;

/** @throws AskonceError `invalid_settings`, naming the option. */
export function checkOptions<Raw>(options: EndpointOptions<Raw>): void {
  check('', options, ofAll);
  for (const [name, route] of Object.entries(options.routes ?? {})) {
    const at = `routes[${JSON.stringify(name.slice(0, 128))}]`;
    if (!routeName.test(name))
      throw wrong(
        at,
        'is no route; write `GET /users/:id`, or `/users/:id` for all methods, without a query',
      );
    if (route === false) continue;
    if (typeof route !== 'object' || route === null) throw wrong(at, 'must be options, or false');
    check(`${at}.`, route, ofRoutes);
  }
}

function check(at: string, options: object, checks: Readonly<Record<string, Check>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      const meant = nearest(name, Object.keys(checks));
      throw wrong(
        `${at}${name}`,
        `there is no such option${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      );
    }
    const fault = value === undefined ? undefined : checks[name]?.(value);
    if (fault !== undefined) throw wrong(`${at}${name}`, fault);
  }
}

function wrong(at: string, fault: string): AskonceError {
  return new AskonceError('invalid_settings', `${at}: ${fault}`);
}
