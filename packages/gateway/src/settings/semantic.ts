/**
 * The gateway's own settings of the semantic tier: which embedder makes its vectors, and which model verifies. What the
 * tier decides by (rates, thresholds, guards, gates) are settings of the library.
 */
import {
  optional,
  type Setting,
  type SettingSource,
  secretSetting,
  setting,
  wrongSetting,
} from 'askonce/gateway-kit';
import { z } from 'zod';
import { baseUrl } from './providers.ts';

const price = z.number().min(0).max(10_000);
const modelName = z.string().min(1).max(256);
const key = z.string().regex(/^[!-~]{1,4096}$/, 'must be printable ASCII characters without spaces');

export const semanticSettings = {
  semanticEmbedder: setting(
    'SEMANTIC_EMBEDDER',
    z.enum(['builtin', 'local', 'remote']),
    'builtin',
    'Embedder of the semantic tier. `builtin`: a static table for English, Spanish, Portuguese, Russian and Hebrew, which needs neither network nor key; `local`: an ONNX model on this machine (SEMANTIC_MODEL), which needs the packages onnxruntime-node and @huggingface/tokenizers; `remote`: an OpenAI-compatible endpoint (EMBEDDINGS_BASE_URL, SEMANTIC_MODEL).',
  ),
  semanticModel: setting(
    'SEMANTIC_MODEL',
    optional(z.string().min(1).max(4096)),
    undefined,
    'Model of the embedder. `remote`: its name, as the endpoint knows it; `local`: the folder of the model, or its name on a hub (`org/name`, `org/name@revision`), by which it is pulled once. Vectors of two models are never compared.',
  ),
  semanticPrefix: setting(
    'SEMANTIC_PREFIX',
    optional(z.string().max(256)),
    undefined,
    "Text that is put before each question for the remote or local embedder, exactly as its model wants it (`query: ` with the space, for E5). Unset: none for a remote model; by a local model's own files, else its family, else none.",
  ),
  embeddingsBaseUrl: setting(
    'EMBEDDINGS_BASE_URL',
    optional(baseUrl),
    undefined,
    'Base URL of the remote embedder, with its path; `/embeddings` is appended to it. It is reached through the same proxies as providers.',
  ),
  embeddingsApiKey: secretSetting(
    'EMBEDDINGS_API_KEY',
    optional(key),
    undefined,
    'Key for the remote embedder, sent as `Authorization: Bearer KEY`. Unset: none is sent.',
  ),
  semanticIndex: setting(
    'SEMANTIC_INDEX',
    z.enum(['memory', 'pgvector']),
    'memory',
    'Where vectors are searched. `memory`: each gateway holds them in its own memory (SEMANTIC_INDEX_BYTES); `pgvector`: all gateways share those in a PostgreSQL database with pgvector 0.8 or newer (DATABASE_URL).',
  ),
  semanticIndexMs: setting(
    'SEMANTIC_INDEX_MS',
    z.number().int().min(1).max(60_000),
    100,
    'Time that a lookup waits for a search with SEMANTIC_INDEX=pgvector, in ms. After that it is a miss.',
  ),
  semanticVerifierBaseUrl: setting(
    'SEMANTIC_VERIFIER_BASE_URL',
    optional(baseUrl),
    undefined,
    'Base URL of an OpenAI-compatible endpoint whose model decides doubtful pairs of questions; `/chat/completions` is appended to it. Requires SEMANTIC_VERIFIER_MODEL. Unset: a doubtful pair is a miss.',
  ),
  semanticVerifierModel: setting(
    'SEMANTIC_VERIFIER_MODEL',
    optional(modelName),
    undefined,
    'Model that verifies. It reads the question, the earlier question and the earlier answer, and says yes or no.',
  ),
  semanticVerifierApiKey: secretSetting(
    'SEMANTIC_VERIFIER_API_KEY',
    optional(key),
    undefined,
    'Key for the verifier, sent as `Authorization: Bearer KEY`. Unset: none is sent.',
  ),
  semanticVerifierInputUsd: setting(
    'SEMANTIC_VERIFIER_INPUT_USD',
    price,
    1,
    "Price of a million input tokens of the verifier's model, in US dollars, for its budget (SEMANTIC_VERIFIER_USD_PER_DAY). The ledger takes it, too, unless both prices are left at their defaults: then that of the price list.",
  ),
  semanticVerifierOutputUsd: setting(
    'SEMANTIC_VERIFIER_OUTPUT_USD',
    price,
    4,
    "Price of a million output tokens of the verifier's model, in US dollars.",
  ),
} as const satisfies Record<string, Setting<unknown>>;

/** The settings that say which services the tier calls. */
export type SemanticServices = {
  readonly [Name in keyof typeof semanticSettings]: z.output<(typeof semanticSettings)[Name]['schema']>;
};

/** Settings of other parts that those of the tier must agree with. */
interface OtherSettings {
  readonly databaseUrl: string | undefined;
  readonly encryptionKeys: readonly string[];
}

type SemanticName = keyof SemanticServices | keyof OtherSettings;

/** @throws AskonceError `invalid_settings` if the settings contradict each other, naming one as its source spells it. */
export function refuseMixedSemantic(
  settings: SemanticServices & OtherSettings,
  sourceOf: (name: SemanticName) => SettingSource,
): void {
  const wrong = embedderMistake(settings) ?? indexMistake(settings) ?? verifierMistake(settings);
  if (wrong !== undefined) throw wrongSetting(sourceOf(wrong[0]), wrong[1]);
}

type Mistake = readonly [name: SemanticName, message: string];

function embedderMistake(settings: SemanticServices): Mistake | undefined {
  const { semanticEmbedder, embeddingsBaseUrl, semanticModel } = settings;
  if (semanticEmbedder === 'builtin') return undefined;
  if (semanticEmbedder === 'local')
    return semanticModel === undefined
      ? [
          'semanticModel',
          "must be set with SEMANTIC_EMBEDDER=local, to the model's folder or its name on a hub (org/name)",
        ]
      : undefined;
  if (embeddingsBaseUrl === undefined)
    return [
      'embeddingsBaseUrl',
      'must be set with SEMANTIC_EMBEDDER=remote, to the base URL of the endpoint',
    ];
  return semanticModel === undefined
    ? ['semanticModel', 'must be set with SEMANTIC_EMBEDDER=remote, to the name of the model']
    : undefined;
}

function indexMistake(settings: SemanticServices & OtherSettings): Mistake | undefined {
  if (settings.semanticIndex !== 'pgvector') return undefined;
  if (settings.databaseUrl === undefined)
    return ['databaseUrl', 'must be set with SEMANTIC_INDEX=pgvector, to the database of the vectors'];
  return settings.encryptionKeys.length === 0
    ? undefined
    : [
        'semanticIndex',
        'vectors cannot be searched while they are encrypted, and entries are (ASKONCE_ENCRYPTION_KEYS); set it to memory, or remove the keys',
      ];
}

function verifierMistake(settings: SemanticServices): Mistake | undefined {
  const { semanticVerifierBaseUrl, semanticVerifierModel, semanticVerifierApiKey } = settings;
  if (semanticVerifierBaseUrl !== undefined && semanticVerifierModel === undefined)
    return ['semanticVerifierModel', 'must be set with SEMANTIC_VERIFIER_BASE_URL'];
  if (semanticVerifierBaseUrl === undefined && semanticVerifierModel !== undefined)
    return ['semanticVerifierBaseUrl', 'must be set with SEMANTIC_VERIFIER_MODEL'];
  return semanticVerifierBaseUrl === undefined && semanticVerifierApiKey !== undefined
    ? ['semanticVerifierApiKey', 'there is no verifier; set SEMANTIC_VERIFIER_BASE_URL, or remove it']
    : undefined;
}

/**
 * The services that the tier calls. Through the gateway itself, each call would ask the tier again. An embedder that is
 * not chosen is among them: its address is wrong all the same.
 */
export function serviceAddresses({
  embeddingsBaseUrl,
  semanticVerifierBaseUrl,
}: Pick<SemanticServices, 'embeddingsBaseUrl' | 'semanticVerifierBaseUrl'>) {
  return [
    { name: 'embedder', setting: 'embeddingsBaseUrl', baseUrl: embeddingsBaseUrl } as const,
    { name: 'verifier', setting: 'semanticVerifierBaseUrl', baseUrl: semanticVerifierBaseUrl } as const,
  ].flatMap(({ baseUrl, ...where }) => (baseUrl === undefined ? [] : [{ ...where, baseUrl }]));
}

/** What the settings of the tier ask for and the gateway ignores; each one line. */
export function semanticWarnings(settings: SemanticServices): readonly string[] {
  const { semanticEmbedder, embeddingsBaseUrl, semanticModel, semanticPrefix } = settings;
  if (semanticEmbedder === 'remote') return [];
  const ofModel =
    semanticEmbedder === 'local'
      ? []
      : [
          semanticModel === undefined ? [] : ['SEMANTIC_MODEL'],
          semanticPrefix === undefined || semanticPrefix === '' ? [] : ['SEMANTIC_PREFIX'],
        ].flat();
  const ignored = [embeddingsBaseUrl === undefined ? [] : ['EMBEDDINGS_BASE_URL'], ofModel].flat();
  if (ignored.length === 0) return [];
  return [
    `${ignored.join(', ')}: the embedder is ${semanticEmbedder}, so this is ignored; set SEMANTIC_EMBEDDER=remote to use it`,
  ];
}
