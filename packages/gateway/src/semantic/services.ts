/**
 * The embedder, the verifier and the index that the settings ask for. Each is loaded only where the semantic tier needs it, and
 * a remote one is reached as providers are: through the same proxies, within the same limits.
 */
import type { Clock, SemanticOptions } from 'askonce';
import { staying, tooSlow, within } from 'askonce/gateway-kit';
import type { LocalEmbedder } from 'askonce/local-embedder';
import type { Embedder, PostFetch, TokenPrices, Verifier } from 'askonce/semantic';
import type { SourceOf } from '../settings/read.ts';
import { semanticSettings } from '../settings/semantic.ts';
import type { GatewaySettings } from '../settings/table.ts';
import type { UpstreamClient } from '../upstream/client.ts';

export interface SemanticServices {
  readonly embedder: Embedder;
  /** Undefined if the settings name none. */
  readonly verifier: Verifier | undefined;
  /** Undefined for indexes in the memory of this process. */
  readonly index: SemanticOptions['index'];
  /** The embedder, if it is a local model. */
  readonly local?: LocalEmbedder | undefined;
}

export interface ServicePlaces {
  readonly settings: GatewaySettings;
  readonly sourceOf: SourceOf;
  /** The data folder. */
  readonly folder: string;
  readonly client: Pick<UpstreamClient, 'send'>;
  readonly clock: Clock;
  /** Receives lines about a model that is pulled or loaded. */
  readonly say: (line: string) => void;
  /** How long a local model is waited for, in ms. Default: until it is loaded, or cannot be. */
  readonly waitMs?: number | undefined;
}

/** @throws AskonceError `invalid_settings` for an address, a key or a folder that cannot be used. */
export async function semanticServices(places: ServicePlaces): Promise<SemanticServices> {
  const { settings, client } = places;
  const fetch = postThrough(client);
  const others = { verifier: await verifierOf(settings, fetch), index: await indexOf(settings) };
  if (settings.semanticEmbedder !== 'local')
    return { embedder: await embedderOf(settings, fetch), ...others };
  const local = await loadedModel(places);
  return { embedder: local, local, ...others };
}

/** Connects to nothing yet: a gateway starts without its database. */
async function indexOf(settings: GatewaySettings): Promise<SemanticOptions['index']> {
  const { semanticIndex, databaseUrl: url, semanticIndexMs: budgetMs } = settings;
  if (semanticIndex !== 'pgvector' || url === undefined) return undefined;
  const { pgvectorIndexes } = await import('askonce/pgvector');
  return pgvectorIndexes({ url, budgetMs });
}

/** A model that is loaded late, or not at all, costs semantic hits and nothing else. */
async function loadedModel(places: ServicePlaces): Promise<LocalEmbedder> {
  const { clock, say, waitMs } = places;
  const { openLocalModel } = await import('./local-model.ts');
  const local = openLocalModel(places, say);
  const loading = local.availability.ready();
  try {
    // A gateway that does not listen yet has nothing else that keeps it alive between two attempts of a pull.
    const end = await staying(waitMs === undefined ? loading : within(clock, waitMs, loading));
    if (end === tooSlow) loading.then(() => say(`the local model ${local.name} is loaded`), ignore);
  } catch (error) {
    if (waitMs !== undefined) return local;
    await local.close?.();
    throw error;
  }
  return local;
}

function ignore(): void {}

async function embedderOf(settings: GatewaySettings, fetch: PostFetch): Promise<Embedder> {
  const { semanticEmbedder, embeddingsBaseUrl, semanticModel } = settings;
  if (semanticEmbedder === 'remote' && embeddingsBaseUrl !== undefined && semanticModel !== undefined) {
    const { remoteEmbedder } = await import('askonce/semantic');
    return remoteEmbedder({
      baseUrl: embeddingsBaseUrl,
      model: semanticModel,
      apiKey: settings.embeddingsApiKey,
      prefix: settings.semanticPrefix,
      fetch,
    });
  }
  // A gateway without the tier must not hold its code, let alone its table.
  const { staticEmbedder } = await import('@askonce/embedder-static');
  const embedder = staticEmbedder();
  // The table is there before the first question, which would else be answered without a vector of its own.
  await embedder.embed('start');
  return embedder;
}

async function verifierOf(settings: GatewaySettings, fetch: PostFetch): Promise<Verifier | undefined> {
  const { semanticVerifierBaseUrl: baseUrl, semanticVerifierModel: model } = settings;
  if (baseUrl === undefined || model === undefined) return undefined;
  const { modelVerifier } = await import('askonce/semantic');
  return modelVerifier({
    baseUrl,
    model,
    apiKey: settings.semanticVerifierApiKey,
    fetch,
    prices: pricesOf(settings),
  });
}

/** Undefined for the defaults: they keep the budget and are dear, while the ledger has the model's own price. */
function pricesOf(settings: GatewaySettings): TokenPrices | undefined {
  const { semanticVerifierInputUsd: input, semanticVerifierOutputUsd: output } = settings;
  const { semanticVerifierInputUsd, semanticVerifierOutputUsd } = semanticSettings;
  if (input === semanticVerifierInputUsd.default && output === semanticVerifierOutputUsd.default)
    return undefined;
  return { inputUsdPerMillion: input, outputUsdPerMillion: output };
}

/** Redirects are not followed: the client follows none. */
function postThrough(client: Pick<UpstreamClient, 'send'>): PostFetch {
  return async (url, { method, headers, body, signal }) => {
    const { origin, pathname, search } = new URL(url);
    const path = pathname + search;
    return await client.send({ origin, path, method, headers: { ...headers }, body, signal });
  };
}
