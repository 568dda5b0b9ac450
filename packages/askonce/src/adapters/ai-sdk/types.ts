/**
 * The types of the AI SDK that the middleware is made of, all by way of `ai`: an application need not install
 * `@ai-sdk/provider` besides.
 */
import type {
  EmbeddingModelMiddleware,
  LanguageModelMiddleware,
  wrapEmbeddingModel,
  wrapLanguageModel,
} from 'ai';

type WrapGenerate = NonNullable<LanguageModelMiddleware['wrapGenerate']>;
type WrapStream = NonNullable<LanguageModelMiddleware['wrapStream']>;
type WrapEmbed = NonNullable<EmbeddingModelMiddleware['wrapEmbed']>;

/** A language model of the specification v4. */
export type WrappedLanguageModel = ReturnType<typeof wrapLanguageModel>;
/** An embedding model of the specification v4. */
export type WrappedEmbeddingModel = ReturnType<typeof wrapEmbeddingModel>;

/** The options of a call of a language model, as `doGenerate` and `doStream` get them. */
export type LanguageCall = Parameters<WrapGenerate>[0]['params'];
/** The options of a call of an embedding model, as `doEmbed` gets them. */
export type EmbeddingCall = Parameters<WrapEmbed>[0]['params'];

/** The options of a call of either kind. */
export type ModelCall = LanguageCall | EmbeddingCall;

export type GenerateResult = Awaited<ReturnType<WrapGenerate>>;
export type StreamResult = Awaited<ReturnType<WrapStream>>;
export type StreamPart = StreamResult['stream'] extends ReadableStream<infer Part> ? Part : never;
export type EmbedResult = Awaited<ReturnType<WrapEmbed>>;
export type ProviderMetadata = NonNullable<GenerateResult['providerMetadata']>;
