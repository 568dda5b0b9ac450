/** Makes the application on Fastify, which hands on the bytes of a body as they came: the signature is over these. */
import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.ts';
import type { Sender, Settings } from './settings.ts';

export async function createApp(
  settings: Settings,
  send: Sender,
  options: NestApplicationOptions = {},
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({ bodyLimit: largestDelivery });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(settings, send), adapter, {
    ...options,
    bodyParser: false,
    rawBody: true,
  });
  // Nothing is parsed before its signature is checked, whatever type a client gives it.
  adapter.getInstance().removeAllContentTypeParsers();
  return app.useBodyParser(anyType, {}, (_request, body, done) => done(null, body));
}

const anyType = '*';

/** Bytes. Meta sends up to 3 MB; what is refused is delivered again and again. */
const largestDelivery = 4 * 1024 * 1024;
