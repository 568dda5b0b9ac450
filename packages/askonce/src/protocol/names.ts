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

/** The protocols that come with askonce: those of providers, and those of the application's own routes and functions. */
export type BuiltInProtocolName =
  | ProviderProtocolName
  | 'ai-sdk'
  | 'ai-sdk-embeddings'
  | 'endpoint'
  | 'function'
  | 'embedding-function';

/** A built-in protocol, or one that was given to `createCache({ protocols })`. */
export type ProtocolName = BuiltInProtocolName | (string & Record<never, never>);
