/**
 * Nest applications on real sockets, on either platform.
 */
import type { INestApplication, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { onTestFinished } from 'vitest';

export const platforms = ['express', 'fastify'] as const;
type PlatformName = (typeof platforms)[number];

export interface StartedApp {
  readonly app: INestApplication;
  readonly url: string;
  /** Asks the application; paths begin with a slash. */
  ask(path: string, init?: RequestInit): Promise<Response>;
}

export interface StartOptions {
  readonly platform?: PlatformName;
  readonly options?: NestApplicationOptions;
  /** Called before the application listens. */
  readonly prepare?: (app: INestApplication) => void;
}

/** Starts an application, which ends with the test. */
export async function start(
  module: Type,
  { platform = 'express', options = {}, prepare = () => {} }: StartOptions = {},
): Promise<StartedApp> {
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(module, adapter, { logger: false, abortOnError: false, ...options });
  onTestFinished(async () => await app.close());
  prepare(app);
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return { app, url, ask: async (path, init) => await fetch(url + path, init) };
}

/** Where an answer came from, without the seconds that it stays fresh. */
export function cameFrom(response: Response): string {
  return (response.headers.get('cache-status') ?? '').replace(/ttl=-?\d+/, 'ttl=…');
}
