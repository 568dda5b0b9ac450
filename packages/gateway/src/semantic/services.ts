/**
 * The embedder and the verifier that the settings ask for. Each is loaded only where the semantic tier needs it, and a
 * remote one is reached as providers are: through the same proxies, within the same limits.
 */
import type { SemanticOptions } from 'askonce';
import type { Embedder, PostFetch, TokenPrices, Verifier } from 'askonce/semantic';
import { semanticSettings } from '../settings/semantic.ts';
import type { GatewaySettings } from '../settings/table.ts';
import type { UpstreamClient } from '../upstream/client.ts';

export interface SemanticServices {
  readonly embedder: Embedder;
  /** Undefined if the settings name none. */
  readonly verifier: Verifier | undefined;
  /** Undefined for indexes in the memory of this process. */
  readonly index: SemanticOptions['index'];
}

/** @throws AskonceError `invalid_settings` for an address or a key that cannot be used. */
export async function semanticServices(
  settings: GatewaySettings,
  client: Pick<UpstreamClient, 'send'>,
): Promise<SemanticServices> {
  const fetch = postThrough(client);
  return {
    embedder: await embedderOf(settings, fetch),
    verifier: await verifierOf(settings, fetch),
    index: await indexOf(settings),
  };
}

/** Connects to nothing yet: a gateway starts without its database. */
async function indexOf(settings: GatewaySettings): Promise<SemanticOptions['index']> {
  const { semanticIndex, databaseUrl: url, semanticIndexMs: budgetMs } = settings;
  if (semanticIndex !== 'pgvector' || url === undefined) return undefined;
  const { pgvectorIndexes } = await import('askonce/pgvector');
  return pgvectorIndexes({ url, budgetMs });
}

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
