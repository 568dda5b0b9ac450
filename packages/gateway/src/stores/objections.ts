/**
 * What stands against using the Redis that gateways share. Each is told once, when it begins, and not again by all that
 * then goes on without.
 */
export const otherSecret =
  "this gateway's ASKONCE_SECRET is not that of the others that share this Redis: it keeps nothing and takes nothing back until it is started with theirs";

export const notReached = 'Redis has not been reached yet';

/** Whether a message of trouble says no more than that. */
export function isObjection(message: string): boolean {
  return message === otherSecret || message === notReached;
}
