/**
 * Options are checked when an endpoint is put behind the cache: one that is misspelt would open what it was to close.
 */
import {
  boolean,
  type Check,
  type Checks,
  callback,
  checkEach,
  wrongOption,
} from '../../settings/option-checks.ts';
import type { EndpointOptions, EndpointRouteOptions } from './contract.ts';
import { triggerFault } from './triggers.ts';

/** Ten years, as of all lifetimes. */
const longestSeconds = 315_360_000;

const seconds: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= longestSeconds
    ? undefined
    : `must be a number of seconds from 0 to ${longestSeconds}`;
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

const ofAll: Checks = { ...ofRoutes, etag: boolean, routes: () => undefined };

/** A method in upper case, and a path without a query. */
const routeName = /^(?:[A-Z][A-Z-]* +)?\/(?!.*\?[^/()]*=)[^#\s]*$/;

/** @throws AskonceError `invalid_settings`, naming the option. */
export function checkOptions<Raw>(options: EndpointOptions<Raw>): void {
  checkEach('', options, ofAll);
  for (const [name, route] of Object.entries(options.routes ?? {})) {
    const at = `routes[${JSON.stringify(name.slice(0, 128))}]`;
    if (!routeName.test(name))
      throw wrongOption(
        at,
        'is no route; write `GET /users/:id`, or `/users/:id` for all methods, without a query',
      );
    if (route === false) continue;
    if (typeof route !== 'object' || route === null) throw wrongOption(at, 'must be options, or false');
    checkEach(`${at}.`, route, ofRoutes);
  }
}
