/**
 * The local model that the settings name: a folder, or a model of a hub that is pulled once.
 */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { wrongSetting } from 'askonce/gateway-kit';
import {
  type HubFetch,
  hubNameOf,
  type LocalEmbedder,
  localEmbedder,
  type PulledModel,
  type PullOptions,
  pulledModel,
  pullModel,
} from 'askonce/local-embedder';
import type { SourceOf } from '../settings/read.ts';
import type { GatewaySettings } from '../settings/table.ts';
import type { UpstreamClient } from '../upstream/client.ts';

export interface ModelPlaces {
  readonly settings: GatewaySettings;
  readonly sourceOf: SourceOf;
  /** The data folder; pulled models are below it. */
  readonly folder: string;
  readonly client: Pick<UpstreamClient, 'send'>;
}

/** Where the settings say that the model is. */
export type ModelPlace =
  | { readonly folder: string }
  /** A name on a hub. */
  | { readonly hub: string };

/** @throws AskonceError `invalid_settings` for what is neither a folder nor the name of a model */
export function placeOf(model: string, sourceOf: SourceOf): ModelPlace {
  const folder = resolve(model);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return { folder };
  if (hubNameOf(model) !== undefined) return { hub: model };
  throw wrongSetting(
    sourceOf('semanticModel'),
    `is neither a folder that exists nor the name of a model on a hub; set it to the model's folder, or to org/name`,
  );
}

/** Share of its lookups' budget for which a text may wait for others. */
const patience = 0.8;
const percentStep = 10;

/**
 * Starts no process yet. A model of a hub that was not pulled is pulled when the process is to start.
 *
 * @param say receives lines about the progress of a pull
 */
export function openLocalModel(places: ModelPlaces, say: (line: string) => void): LocalEmbedder {
  const { settings, sourceOf } = places;
  const { semanticModel = '', semanticModelFile: file } = settings;
  const place = placeOf(semanticModel, sourceOf);
  const common = {
    file,
    prefix: settings.semanticPrefix,
    pooling: settings.semanticPooling,
    maxTokens: settings.semanticMaxTokens,
    threads: settings.semanticModelThreads,
    memoryBytes: settings.semanticModelBytes,
    patienceMs: settings.semanticEmbedderMs * patience,
  };
  if ('folder' in place) return localEmbedder({ ...common, model: place.folder });
  return localEmbedder({
    ...common,
    name: hubNameOf(place.hub)?.name,
    async model(signal) {
      const asked = pullOptions(places, place.hub);
      const pulled = (await pulledModel(asked)) ?? (await pullLoudly({ ...asked, signal }, say));
      return pulled.folder;
    },
  });
}

/** How a model is pulled by the settings. */
export function pullOptions({ settings, folder, client }: ModelPlaces, model: string): PullOptions {
  return {
    model,
    folder: join(folder, 'models'),
    file: settings.semanticModelFile,
    endpoint: settings.hfEndpoint,
    token: settings.hfToken,
    fetch: fetchThrough(client),
  };
}

/** Says how far the pull is, in steps of 10 percent. */
export async function pullLoudly(options: PullOptions, say: (line: string) => void): Promise<PulledModel> {
  say(`pulling the model ${options.model} from ${options.endpoint}`);
  let said = 0;
  const pulled = await pullModel({
    ...options,
    onProgress({ bytes, of }) {
      const percent = of === undefined || of === 0 ? 0 : Math.floor((100 * bytes) / of);
      if (percent < said + percentStep) return;
      said = percent - (percent % percentStep);
      say(`pulling the model ${options.model}: ${said} % of ${megabytes(of ?? 0)}`);
    },
  });
  say(
    `the model ${pulled.name} is in ${pulled.folder} (${megabytes(pulled.bytes)}, commit ${pulled.commit.slice(0, 12)})`,
  );
  return pulled;
}

export function megabytes(bytes: number): string {
  return `${Math.max(1, Math.round(bytes / 1_000_000))} MB`;
}

/** The client follows no redirects. */
function fetchThrough(client: Pick<UpstreamClient, 'send'>): HubFetch {
  return async (url, { method, headers, signal }) => {
    const { origin, pathname, search } = new URL(url);
    const answer = await client.send({
      origin,
      path: pathname + search,
      method,
      headers: { ...headers },
      body: null,
      signal,
    });
    return {
      status: answer.status,
      headers: {
        get(name) {
          const value = answer.headers[name];
          return value === undefined ? null : [value].flat().join(', ');
        },
      },
      body: answer.body,
    };
  };
}
