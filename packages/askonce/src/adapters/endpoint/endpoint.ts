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
export { endpointError } from './endpoint-reply.ts';
export { endpointCache } from './endpoints.ts';
