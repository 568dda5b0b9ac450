/**
 * The shape of a fallback in the settings: an answer of the operator's own for when a provider fails.
 */
import { documentedOrigins, type ProviderProtocolName } from 'askonce/gateway-kit';
import { z } from 'zod';

const names = Object.keys(documentedOrigins).filter(isSpokenByProviders);

function isSpokenByProviders(name: string): name is ProviderProtocolName {
  return new Map<string, string | undefined>(Object.entries(documentedOrigins)).get(name) !== undefined;
}

const name = z.string().min(1).max(256);

const fallback = z.strictObject({
  /** The requests that it is for; an omitted field matches any. */
  protocol: z.enum(names).optional(),
  category: name.optional(),
  /** Id of the prompt template, in any version. */
  template: name.optional(),
  model: name.optional(),
  /** HTTP status of the answer. Default 200. */
  status: z.number().int().min(200).max(599).optional(),
  /** Returned to requests that ask for a body. */
  body: z.json(),
  /** Server-sent events, returned to requests that ask for a stream; without them such a request has no fallback. */
  stream: z.string().min(1).max(65_536).optional(),
});

export type ConfiguredFallback = z.output<typeof fallback>;

export const configuredFallbacks = z.array(fallback).max(100);
