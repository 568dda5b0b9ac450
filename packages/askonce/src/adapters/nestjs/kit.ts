/**
 * `askonce/nestjs`: the cache in a Nest application.
 */
export { Cached } from './cached.ts';
export type { EndpointSettings } from './endpoints.ts';
export { type AskonceHealth, AskonceHealthIndicator, type HealthOptions } from './health.ts';
export { AskonceInterceptor } from './interceptor.ts';
export {
  AskonceModule,
  type AskonceModuleExtras,
  type AskonceModuleOptions,
  type AskonceOptionsFactory,
} from './module.ts';
export type { CachedOptions } from './options.ts';
export { cacheToken, InjectCache } from './tokens.ts';
export { AskonceValues, type ValueSettings } from './values.ts';
