/**
 * The protocols that adapters bring: they are built in, and a process loads them with the adapter that speaks them.
 */
import { AskonceError } from '../errors.ts';
import type { Protocol } from './contract.ts';
import type { AdapterProtocolName } from './names.ts';

/** The subpath that brings each protocol. */
const subpaths: Readonly<Record<AdapterProtocolName, string>> = {
  'ai-sdk': 'askonce/ai-sdk',
  'ai-sdk-embeddings': 'askonce/ai-sdk',
  endpoint: 'askonce/endpoint, or the adapter of your framework',
  'embedding-function': 'askonce/langchain',
};

const provided = new Map<string, Protocol>();

/**
 * Those of the whole process. A bundle may hold a copy of askonce whose adapter asks the cache of another copy; each copy
 * reads by its own protocols first.
 */
const ofProcess = mapOfProcess(Symbol.for('askonce.adapterProtocols'));

/**
 * Makes a protocol known to all caches of the process, those that exist included. Adapters call it when they are made;
 * calling it again has no effect.
 * @throws TypeError for another protocol than adapters bring, or another one under a name that is taken.
 */
export function provideProtocol(protocol: Protocol): void {
  const { name } = protocol;
  const known = provided.get(name);
  if (known === protocol) return;
  if (known !== undefined || !isAdapterProtocol(name))
    throw new TypeError(`the protocol ${name} is taken, or no adapter brings it`);
  provided.set(name, protocol);
  if (!ofProcess.has(name)) ofProcess.set(name, protocol);
}

/** Undefined if no adapter of this process has brought the protocol. */
export function providedProtocol(name: string): Protocol | undefined {
  return provided.get(name) ?? ofProcess.get(name);
}

export function isAdapterProtocol(name: string): name is AdapterProtocolName {
  return Object.hasOwn(subpaths, name);
}

/** The error for a request of a protocol whose adapter this process has not made. */
export function notProvided(name: AdapterProtocolName): AskonceError {
  return new AskonceError(
    'invalid_request',
    `protocol: ${name} is not loaded; ask through the adapter that brings it (${subpaths[name]})`,
  );
}

function mapOfProcess(key: symbol): Map<string, Protocol> {
  const known: unknown = Reflect.get(globalThis, key);
  if (known instanceof Map) return known;
  const made = new Map<string, Protocol>();
  Reflect.set(globalThis, key, made);
  return made;
}
