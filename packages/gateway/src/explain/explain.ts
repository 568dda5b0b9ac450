/**
 * `askonce explain`: asks the gateway that runs with the same settings, or opens the data folder if none runs there.
 */
// Unlike those of the clock, these timers keep a process alive that does nothing else meanwhile.
import { setTimeout } from 'node:timers/promises';
import { AskonceError, systemClock } from 'askonce';
import {
  type ExplainedRequest,
  explainCall,
  explainedRequest,
  requestOf,
  shownExplanation,
} from '../admin/explain.ts';
import { parse } from '../admin/route.ts';
import { adminClient } from '../admin-client/client.ts';
import { targetIn } from '../admin-client/target.ts';
import { openCachedParts } from '../cached-parts.ts';
import { createLog } from '../log/log.ts';
import { defaultDataFolder, openExistingFolder } from '../settings/data-folder.ts';
import { type GatewayConfiguration, readConfiguration } from '../settings/read.ts';
import { storedSecret } from '../settings/secret.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { createDirectory } from '../upstream/directory.ts';

export interface ExplainOptions {
  /** The request as JSON: `{ "path", "headers", "body" }`. */
  readonly text: string;
  readonly config?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Explained {
  /** The gateway or the data folder that was asked. */
  readonly by: string;
  readonly explanation: unknown;
}

/** @throws AskonceError `invalid_request` for the request, `invalid_settings` for the settings, and the gateway's own errors */
export async function explain({ text, config, environment }: ExplainOptions): Promise<Explained> {
  const request = parse(explainedRequest, jsonIn(text), 'invalid_request');
  const configuration = readConfiguration({ config, environment });
  return (
    (await askedGateway(configuration.settings, request)) ??
    (await openedFolder(configuration, environment, request))
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AskonceError(
      'invalid_request',
      'The request is not JSON; give {"path": "/v1/chat/completions", "headers": {…}, "body": {…}} on standard input.',
    );
  }
}

/** A gateway may have to wait for its embedder first; so long at most, in ms. */
const explainingMs = 60_000;

/** Undefined if no gateway answers there. */
async function askedGateway(
  settings: GatewaySettings,
  request: ExplainedRequest,
): Promise<Explained | undefined> {
  const target = targetIn(settings);
  if (target === undefined) return undefined;
  const attempt = await adminClient(target).attempt(explainCall, { body: request, timeoutMs: explainingMs });
  if (attempt.ok) return { by: target.url, explanation: attempt.answer };
  if (attempt.error.code === 'gateway_unreachable') return undefined;
  throw attempt.error;
}

/** The vectors are read from the store first; so long at most, in ms. */
const indexingMs = 60_000;
/** The labels of a pool are read within it, in ms. */
const labelsMs = 1_000;

async function openedFolder(
  { settings, sourceOf }: GatewayConfiguration,
  environment: ExplainOptions['environment'],
  request: ExplainedRequest,
): Promise<Explained> {
  const folder = openExistingFolder(settings.dataDir ?? defaultDataFolder(environment), sourceOf('dataDir'));
  const secret = settings.secret ?? storedSecret(folder);
  const clock = systemClock;
  const log = createLog({ level: 'silent', bodies: false, clock });
  const parts = { settings, sourceOf, folder, secret, clock, log, observe: () => {}, isCheck: true };
  const { cache, client, semantic } = await openCachedParts(parts);
  try {
    const routing = {
      directory: createDirectory(settings),
      trustsHeaders: settings.scope !== 'shared' || settings.trustHeaders,
      requestCacheControl: settings.requestCacheControl,
    };
    const asked = requestOf(request, routing);
    // The first vector opens the index of its embedder, which is then built, and the pool, whose labels are then read.
    if (semantic !== undefined) {
      await cache.explain(asked);
      const until = clock.monotonic() + indexingMs;
      while ((await cache.semantic()).indexes.building && clock.monotonic() < until) await setTimeout(50);
      await setTimeout(labelsMs);
    }
    return { by: folder, explanation: shownExplanation(await cache.explain(asked), 'admin') };
  } finally {
    await cache.close();
    await client.close();
  }
}
