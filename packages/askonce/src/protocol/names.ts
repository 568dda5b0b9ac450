/**
 * The names of protocols.
 */

/** The built-in protocols that providers speak. */
export type ProviderProtocolName =
  | 'openai-chat'
  | 'openai-completions'
  | 'openai-embeddings'
  | 'openai-responses'
  | 'anthropic-messages';

/** The protocols that every cache knows: those of providers, and that of the application's own functions. */
export type CommonProtocolName = ProviderProtocolName | 'function';

/** The protocols that come with an adapter, and that a process knows once the adapter is in use. */
export type AdapterProtocolName = 'ai-sdk' | 'ai-sdk-embeddings' | 'endpoint' | 'embedding-function';

/** The protocols that come with askonce. */
export type BuiltInProtocolName = CommonProtocolName | AdapterProtocolName;

/** A built-in protocol, or one that was given to `createCache({ protocols })`. */
export type ProtocolName = BuiltInProtocolName | (string & Record<never, never>);
