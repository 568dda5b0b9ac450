/**
 * Asking once across processes: the provider of a flight, as one that asks only where this process has the lease, and
 * otherwise follows the process that has it.
 */
import type { Provider } from '../flight/provider.ts';
import type { Ask, House } from './ask.ts';
import type { Generation } from './generation.ts';

/** Wraps the provider of a flight that is about to be led here. The provider itself where nothing is shared. */
export function sharedProvider(_house: House, ask: Ask, _generation: Generation): Provider {
  return ask.provider;
}
