/**
 * `askonce/endpoint`: HTTP endpoints behind the cache, for adapters of frameworks.
 */
export type {
  EndpointCache,
  EndpointOptions,
  EndpointReply,
  EndpointRequest,
  EndpointRole,
  EndpointRouteOptions,
  HandlerCall,
  RunHandler,
} from './contract.ts';
export { endpointCache } from './endpoints.ts';
export { endpointError } from './endpoint-reply.ts';
