/**
 * `AskonceHealthIndicator`: whether the cache does its work, for `@nestjs/terminus`.
 */
import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { systemClock, tooSlow, within } from '../../clock.ts';
import type { Cache, CacheStatistics } from '../../contract.ts';
import { AskonceError } from '../../errors.ts';
import { cacheToken, defaultName } from './tokens.ts';

export interface HealthOptions {
  /** Name of the cache. Default: the default one. */
  readonly cache?: string | undefined;
  /** Milliseconds after which a store that does not answer is down. Default: 1 000. */
  readonly timeoutMs?: number | undefined;
}

/** What `HealthCheckService` takes from an indicator, since version 11 of Terminus. */
export type AskonceHealth<Key extends string> = Record<Key, Health>;

interface Health {
  readonly status: 'up' | 'down';
  readonly [detail: string]: unknown;
}

/**
 * Up while the store answers and this process knows of every invalidation. Down, a cache still has every question
 * answered, by its provider: whether that should fail a readiness check is for the application to say. A semantic tier in
 * trouble costs hits, so it is a detail.
 */
export class AskonceHealthIndicator {
  readonly #modules: ModuleRef;

  constructor(modules: ModuleRef) {
    this.#modules = modules;
  }

  /** `() => indicator.isHealthy('cache')` is an indicator function of `HealthCheckService.check`. Never rejects. */
  async isHealthy<const Key extends string>(
    key: Key,
    { cache: name = defaultName, timeoutMs = 1000 }: HealthOptions = {},
  ): Promise<AskonceHealth<Key>> {
    const cache = this.#modules.get<symbol, Cache>(cacheToken(name), { strict: false });
    return under(key, await healthOf(cache, timeoutMs));
  }
}

Injectable()(AskonceHealthIndicator);
Inject(ModuleRef)(AskonceHealthIndicator, undefined, 0);

function under<Key extends string>(key: Key, health: Health): AskonceHealth<Key>;
function under(key: string, health: Health): AskonceHealth<string> {
  return { [key]: health };
}

async function healthOf(cache: Cache, timeoutMs: number): Promise<Health> {
  try {
    const statistics = await within(systemClock, timeoutMs, cache.statistics());
    if (statistics === tooSlow) return down(`The store has not answered within ${timeoutMs} ms.`);
    const details = detailsOf(statistics);
    return statistics.logIsCurrent
      ? { status: 'up', ...details }
      : {
          ...down('The invalidation log is not known to be current, so that nothing is served.'),
          ...details,
        };
  } catch (error) {
    return down(AskonceError.isInstance(error) ? error.message : 'The store failed.');
  }
}

function down(message: string) {
  return { status: 'down', message } as const;
}

function detailsOf({ store, flights, semantic }: CacheStatistics) {
  const { name, entries, bytes } = store;
  return {
    store: { name, entries, bytes },
    flights,
    semantic: { state: semantic.state, trouble: semantic.trouble.map(({ message }) => message) },
  };
}
