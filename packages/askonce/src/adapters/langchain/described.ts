/**
 * What embeddings say about themselves: the model, and every setting that may change a vector.
 */
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { AskonceError } from '../../errors.ts';
import type { JsonObject, JsonValue } from '../../json.ts';

export interface DescribedEmbeddings {
  /** The class. */
  readonly name: string;
  readonly model: string;
  /** All properties that hold JSON values, but for those that change no vector. */
  readonly settings: JsonObject;
}

/** How the embeddings are called: no vector depends on it. */
const ofCalls =
  /^(?:batchSize|maxRetries|maxConcurrency|timeout|dangerouslyAllowBrowser|verbose|encodingFormat)$/;

/** What changes when a credential is renewed, and is no setting. */
const secrets =
  /(?:api|access|private)_?key|secret|password|(?:api|access|auth|bearer|session)_?token|authorization/i;

/** As deep as settings are read. */
const maxDepth = 4;

/** @throws AskonceError `invalid_settings` if neither the embeddings nor `given` name the model. */
export function describeEmbeddings(
  embeddings: EmbeddingsInterface,
  given: string | undefined,
): DescribedEmbeddings {
  const settings = settingsIn(embeddings, 0);
  const model = given ?? textIn(settings['model']) ?? textIn(settings['modelName']);
  if (model === undefined)
    throw new AskonceError(
      'invalid_settings',
      'The embeddings do not name their model; pass { model } to AskonceEmbeddings.',
    );
  return { name: embeddings.constructor.name.slice(0, 256) || 'Embeddings', model, settings };
}

function settingsIn(holder: object, depth: number): JsonObject {
  const settings: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(holder)) {
    const setting = ofCalls.test(name) || secrets.test(name) ? undefined : settingOf(value, depth);
    if (setting !== undefined) settings.push([name, setting]);
  }
  return Object.fromEntries(settings);
}

/** Undefined for what is no setting: functions, clients, queues. */
function settingOf(value: unknown, depth: number): JsonValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null || depth >= maxDepth) return undefined;
  if (Array.isArray(value)) return value.flatMap((one) => settingOf(one, depth + 1) ?? []);
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? settingsIn(value, depth + 1) : undefined;
}

function textIn(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
