/**
 * Checks that the Host header names this machine. A page that a browser loaded from elsewhere can point its own
 * name at 127.0.0.1 (DNS rebinding); its requests then carry that foreign name.
 */
import { isLoopback, isLoopbackName } from '../settings/address.ts';

export type HostVerdict = 'fine' | 'missing' | 'foreign';

const hostForm = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

/** Checks the Host header for a gateway that listens on `listenHost`; `allowed` are names without a port. */
export function hostCheck(
  listenHost: string,
  allowed: readonly string[],
): (rawHeaders: readonly string[]) => HostVerdict {
  const names = new Set(allowed);
  const loopbackOnly = isLoopback(listenHost);
  const isAllowed = (name: string): boolean => {
    if (names.has(name)) return true;
    return loopbackOnly ? isLoopbackName(name) : names.size === 0;
  };
  return (rawHeaders) => {
    const host = onlyHost(rawHeaders);
    const name = host === undefined ? undefined : hostForm.exec(host)?.[1];
    if (name === undefined) return 'missing';
    return isAllowed(name.toLowerCase()) ? 'fine' : 'foreign';
  };
}

// Two Host lines are as bad as none: another reader might take the other one.
function onlyHost(rawHeaders: readonly string[]): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (found !== undefined) return undefined;
    found = rawHeaders[at + 1];
  }
  return found;
}
