/**
 * `askonce/endpoint`: HTTP endpoints behind the cache: plain handlers, and what adapters of frameworks are made of.
 */
export { cachedHandler } from './cached-handler.ts';
export type {
  EndpointCache,
  EndpointOptions,
  EndpointReply,
  EndpointRequest,
  EndpointRole,
  EndpointRouteOptions,
  HandlerCall,
  HeadReport,
  RunHandler,
} from './contract.ts';
export { endpointError } from './endpoint-reply.ts';
export { endpointCache } from './endpoints.ts';
export { type WarmEndpointsOptions, type WarmEndpointsSummary, warmEndpoints } from './warm.ts';
