/**
 * LangChain embeddings behind the cache, text by text.
 */
import { Embeddings, type EmbeddingsInterface } from '@langchain/core/embeddings';
import type { Cache } from '../../contract.ts';
import type { CallerContext, Directives } from '../../identity/request.ts';
import { askEmbeddings, type EmbeddingQuestion, type EmbedTexts } from '../embedding-batches/ask.ts';
import { describeEmbeddings } from './described.ts';

export interface AskonceEmbeddingsOptions {
  /**
   * The model, as the price list has it; it separates the vectors of one model from those of others. Default: the `model`
   * of the embeddings.
   */
  readonly model?: string | undefined;
  /** The caller's context: what the application knows about the caller and the texts. It narrows what is shared. */
  readonly context?: CallerContext | undefined;
  /** What the cache may do with these calls. */
  readonly directives?: Directives | undefined;
}

/**
 * Embeddings that ask each text once: `embedDocuments` calls the embeddings for those texts alone that have not been
 * asked, however many callers are waiting. Queries and documents have vectors of their own, since many models embed them
 * differently. An error of the embeddings reaches every waiting caller unchanged, and is not stored.
 */
export class AskonceEmbeddings extends Embeddings {
  readonly #embeddings: EmbeddingsInterface;
  readonly #cache: Cache;
  readonly #asked: Omit<EmbeddingQuestion, 'options' | 'texts'>;
  readonly #settings: ReturnType<typeof describeEmbeddings>['settings'];

  /** @throws AskonceError `invalid_settings` if neither the embeddings nor the options name the model. */
  constructor(embeddings: EmbeddingsInterface, cache: Cache, options: AskonceEmbeddingsOptions = {}) {
    super({});
    const { context, directives } = options;
    const { name, model, settings } = describeEmbeddings(embeddings, options.model);
    this.#embeddings = embeddings;
    this.#cache = cache;
    this.#asked = { name, model, context, directives };
    this.#settings = settings;
  }

  /** One vector for each document, in their order. */
  override embedDocuments(documents: string[]): Promise<number[][]> {
    return this.#ask('documents', documents, async (texts) => ({
      vectors: await this.#embeddings.embedDocuments([...texts]),
    }));
  }

  override async embedQuery(document: string): Promise<number[]> {
    // Several queries come together if the setting `batchWindowMs` collects them.
    const vectors = await this.#ask('query', [document], async (texts) => ({
      vectors: await Promise.all(texts.map((text) => this.#embeddings.embedQuery(text))),
    }));
    return vectors[0] ?? [];
  }

  async #ask(
    purpose: 'documents' | 'query',
    texts: readonly string[],
    embed: EmbedTexts,
  ): Promise<number[][]> {
    const options = { purpose, settings: this.#settings };
    return (await askEmbeddings(this.#cache, { ...this.#asked, options, texts }, embed)).vectors;
  }
}
