/**
 * `AskonceModule`: makes a cache, or takes one, and puts it into a Nest application.
 */
import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import { createCache } from '../../cache.ts';
import type { Cache, CacheOptions } from '../../contract.ts';
import { AskonceError } from '../../errors.ts';
import { type EndpointSettings, type Endpoints, openEndpoints } from './endpoints.ts';
import { AskonceHealthIndicator } from './health.ts';
import { type Watch, watchRivals } from './instances.ts';
import { fillSlot } from './slot.ts';
import { cacheToken, defaultName, endpointsToken } from './tokens.ts';
import { AskonceValues } from './values.ts';

export interface AskonceModuleOptions extends CacheOptions {
  /** A cache that was made elsewhere, in place of one made from the other options. Its maker closes it. */
  readonly cache?: Cache | undefined;
  /** What holds for the routes that are cached, unless their `Cached` says otherwise. */
  readonly endpoints?: EndpointSettings | undefined;
  /** Milliseconds that answers in progress have to end when the application shuts down. Default: 30 000. */
  readonly shutdownGraceMs?: number | undefined;
}

/** What a class is asked for, given as `useClass` or `useExisting`. */
export interface AskonceOptionsFactory {
  createAskonceOptions(): AskonceModuleOptions | Promise<AskonceModuleOptions>;
}

/** Options beside those that a factory returns: Nest must know them before. */
export interface AskonceModuleExtras {
  /** Whether all modules can inject the cache. Default: true. */
  isGlobal?: boolean;
  /** Name of the cache, if the application has several: `InjectCache(name)`, `Cached({ cache: name })`. Default: `default`. */
  name?: string;
}

interface OpenCache {
  readonly name: string;
  readonly cache: Cache;
  /** Closes the cache if this module has made it. */
  close(): Promise<void>;
}

const openToken = Symbol.for('askonce open cache');
const watchToken = Symbol.for('askonce watch of instances');

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<AskonceModuleOptions>(
  {
    moduleName: 'Askonce',
  },
)
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createAskonceOptions')
  .setExtras<AskonceModuleExtras>({ isGlobal: true, name: defaultName }, withProviders)
  .build();

function withProviders(
  definition: DynamicModule,
  { isGlobal = true, name = defaultName }: AskonceModuleExtras,
): DynamicModule {
  const classes = name === defaultName ? [AskonceHealthIndicator, AskonceValues] : [];
  const own: Provider[] = [
    {
      provide: openToken,
      inject: [MODULE_OPTIONS_TOKEN],
      // A factory written in JavaScript may return nothing.
      useFactory: (options: AskonceModuleOptions | undefined) => opened(name, options ?? {}),
    },
    { provide: cacheToken(name), inject: [openToken], useFactory: ({ cache }: OpenCache) => cache },
    {
      provide: watchToken,
      inject: [cacheToken(name), ModulesContainer],
      useFactory: (cache: Cache, modules: ModulesContainer) => watchRivals(modules, name, cache),
    },
    {
      provide: endpointsToken(name),
      inject: [cacheToken(name), MODULE_OPTIONS_TOKEN, ApplicationConfig, HttpAdapterHost, ModulesContainer],
      useFactory: (
        cache: Cache,
        options: AskonceModuleOptions | undefined,
        config: ApplicationConfig,
        host: HttpAdapterHost,
        modules: ModulesContainer,
      ) => openEndpoints(name, cache, options?.endpoints ?? {}, { config, host, modules }),
    },
    ...classes,
  ];
  const shared = [cacheToken(name), endpointsToken(name), ...classes];
  return {
    ...definition,
    global: isGlobal,
    providers: [...(definition.providers ?? []), ...own],
    exports: [...(definition.exports ?? []), ...shared],
  };
}

function opened(
  name: string,
  { cache, endpoints, shutdownGraceMs, ...options }: AskonceModuleOptions,
): OpenCache {
  if (cache === undefined) {
    const made = createCache(options);
    return { name, cache: made, close: () => made.close(shutdownGraceMs) };
  }
  const [extra] = Object.entries(options).flatMap(([option, value]) => (value === undefined ? [] : [option]));
  if (extra !== undefined)
    throw new AskonceError(
      'invalid_settings',
      `AskonceModule is given a cache, and ${extra} to make one with; leave one of them out.`,
    );
  return { name, cache, close: async () => {} };
}

/**
 * `AskonceModule.forRoot(options)` and `AskonceModule.forRootAsync({ imports, inject, useFactory | useClass | useExisting })`.
 *
 * A cache that the module has made is closed when the application shuts down, after its servers: answers in progress end,
 * and what is written is flushed. Signals shut an application down only after `app.enableShutdownHooks()`.
 */
export class AskonceModule extends ConfigurableModuleClass implements OnModuleInit, OnApplicationShutdown {
  readonly #open: OpenCache;
  readonly #modules: ModulesContainer;
  readonly #ref: ModuleRef;

  constructor(open: OpenCache, modules: ModulesContainer, ref: ModuleRef) {
    super();
    this.#open = open;
    this.#modules = modules;
    this.#ref = ref;
  }

  /** @param options as for `createCache`; none: a cache in memory, by the default settings. */
  static override forRoot(options: AskonceModuleOptions & AskonceModuleExtras = {}): DynamicModule {
    return Reflect.apply(ConfigurableModuleClass.forRoot, AskonceModule, [options]);
  }

  /** Nest injects into the instances that it makes, but not into those of factories. */
  onModuleInit(): void {
    const { name } = this.#open;
    const cache = this.#ref.get<symbol, Cache>(cacheToken(name));
    for (const { providers } of this.#modules.values())
      for (const { instance } of providers.values())
        if (typeof instance === 'object' && instance !== null) fillSlot(instance, name, cache);
    this.#ref.get<symbol, Watch>(watchToken).look();
    this.#ref.get<symbol, Endpoints>(endpointsToken(name)).look();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#open.close();
    this.#ref.get<symbol, Watch>(watchToken).end();
  }
}

Module({})(AskonceModule);
Inject(openToken)(AskonceModule, undefined, 0);
Inject(ModulesContainer)(AskonceModule, undefined, 1);
Inject(ModuleRef)(AskonceModule, undefined, 2);
