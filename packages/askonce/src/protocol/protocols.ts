/**
 * The table of protocols: the built-in ones by name, those that adapters bring, and those that a caller adds.
 */
import { AskonceError } from '../errors.ts';
import { isAdapterProtocol, notProvided, providedProtocol } from './adapter-protocols.ts';
import { anthropicMessages } from './anthropic/protocol.ts';
import type { BuiltInProtocolName, CommonProtocolName, Protocol } from './contract.ts';
import { functionProtocol } from './function.ts';
import { openaiChat } from './openai/chat/protocol.ts';
import { openaiCompletions } from './openai/completions/protocol.ts';
import { openaiEmbeddings } from './openai/embeddings/protocol.ts';
import { openaiResponses } from './openai/responses/protocol.ts';

/** The built-in protocols that every process loads. */
export const protocols: Readonly<Record<CommonProtocolName, Protocol>> = {
  'openai-chat': openaiChat,
  'openai-completions': openaiCompletions,
  'openai-embeddings': openaiEmbeddings,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  function: functionProtocol,
};

const common: ReadonlyMap<string, Protocol> = new Map(Object.entries(protocols));

const openai = 'https://api.openai.com';

/**
 * The origin at which the defaults that a protocol documents are known to hold. Other providers of the same protocol
 * may have other defaults.
 */
export const documentedOrigins: Readonly<Record<BuiltInProtocolName, string | undefined>> = {
  'openai-chat': openai,
  'openai-completions': openai,
  'openai-embeddings': openai,
  'openai-responses': openai,
  'anthropic-messages': 'https://api.anthropic.com',
  'ai-sdk': undefined,
  'ai-sdk-embeddings': undefined,
  endpoint: undefined,
  function: undefined,
  'embedding-function': undefined,
};

/** Undefined for any other name, and for the protocol of an adapter that is not in use in this process. */
export function builtInProtocol(name: string): Protocol | undefined {
  return common.get(name) ?? providedProtocol(name);
}

/** The protocols of a cache, by name. */
export interface ProtocolTable {
  /** Undefined for an unknown name, and for a built-in one whose adapter is not in use in this process. */
  get(name: string): Protocol | undefined;
  /** The names that every process knows, and the caller's own. */
  names(): readonly string[];
}

const validName = /^[a-z](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/**
 * The built-in protocols and the caller's own.
 * @throws AskonceError `invalid_settings` for a name that is built in, malformed, or not the protocol's own.
 */
export function protocolTable(own: Readonly<Record<string, Protocol>> = {}): ProtocolTable {
  const table = new Map(common);
  for (const [name, protocol] of Object.entries(own)) {
    if (table.has(name) || isAdapterProtocol(name))
      throw wrong(name, 'is the name of a built-in protocol; choose another name');
    if (!validName.test(name))
      throw wrong(name, 'use 1 to 64 lower-case letters, digits and hyphens, beginning with a letter');
    if (!isNamed(protocol, name)) throw wrong(name, 'must be a Protocol whose `name` is this name');
    table.set(name, protocol);
  }
  return { get: (name) => table.get(name) ?? providedProtocol(name), names: () => [...table.keys()] };
}

/** JavaScript callers can pass anything. */
function isNamed(protocol: unknown, name: string): boolean {
  return typeof protocol === 'object' && protocol !== null && 'name' in protocol && protocol.name === name;
}

/** @throws AskonceError `invalid_request` for a name that the table lacks. */
export function protocolNamed(table: ProtocolTable, name: string): Protocol {
  const protocol = table.get(name);
  if (protocol !== undefined) return protocol;
  if (isAdapterProtocol(name)) throw notProvided(name);
  const names = table.names().join(', ');
  throw new AskonceError(
    'invalid_request',
    `protocol: there is none named ${JSON.stringify(String(name).slice(0, 64))}; use one of ${names}, or pass it to createCache({ protocols })`,
  );
}

function wrong(name: string, message: string): AskonceError {
  return new AskonceError('invalid_settings', `protocols[${JSON.stringify(name.slice(0, 64))}]: ${message}`);
}
