/**
 * What a function throws, on its way through the cache: every caller that waits for it, through whatever wrapper, gets the
 * thrown value itself.
 */
import { AskonceError } from '../../errors.ts';

/** Thrown values, by the error that carries them: a follower of the call may have a wrapper of its own. */
const thrown = new WeakMap<object, { readonly value: unknown }>();

/** The error that carries a thrown value. An error that already carries one is returned as it is. */
export function carrying(
  value: unknown,
  name: string,
  code: 'provider_unreachable' | 'provider_broke_off' | 'invalid_request',
): AskonceError {
  if (AskonceError.isInstance(value) && thrown.has(value)) return value;
  const carrier = new AskonceError(code, `The function ${name} threw; see the cause.`, { cause: value });
  thrown.set(carrier, { value });
  return carrier;
}

/** The thrown value that an error carries; any other error as it is. */
export function carriedBy(error: unknown): unknown {
  const carried = typeof error === 'object' && error !== null ? thrown.get(error) : undefined;
  return carried === undefined ? error : carried.value;
}
