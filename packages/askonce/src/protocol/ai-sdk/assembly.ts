/**
 * Assembles the parts of a stream to a result, as `streamText` does. Content stands in the order in which it began.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';

/** A part in the wrong place, at which `streamText` fails too. Caught by the reader of the stream. */
export class WrongOrder extends Error {}

/** The properties of each part that a result has a place for; others would be lost. */
const known: ReadonlyMap<JsonValue | undefined, readonly string[]> = new Map([
  ['stream-start', ['warnings']],
  ['response-metadata', ['id', 'timestamp', 'modelId']],
  ['text-start', ['id', 'providerMetadata']],
  ['text-delta', ['id', 'delta', 'providerMetadata']],
  ['text-end', ['id', 'citations', 'providerMetadata']],
  ['reasoning-start', ['id', 'providerMetadata']],
  ['reasoning-delta', ['id', 'delta', 'providerMetadata']],
  ['reasoning-end', ['id', 'providerMetadata']],
  ['finish', ['usage', 'finishReason', 'providerMetadata']],
]);

/** Parts that are content as they stand. */
export const wholeParts: ReadonlySet<JsonValue | undefined> = new Set([
  'tool-call',
  'tool-result',
  'tool-approval-request',
  'file',
  'reasoning-file',
  'source',
  'custom',
]);

/** Marks properties without a value; it says nothing that a result would lose. */
const undefinedMark = '$askonce';

type Block = Record<string, JsonValue | undefined>;

export class StreamAssembly {
  whole = true;
  readonly #content: JsonObject[] = [];
  /** Blocks that have begun and not ended, by kind and id. */
  readonly #open = new Map<string, Block>();
  /** Ids of tool inputs whose call has not come. */
  readonly #inputs = new Set<string>();
  #warnings: readonly JsonValue[] = [];
  #response: JsonObject | undefined;
  #end: JsonObject | undefined;

  add(part: JsonObject): void {
    if (this.#end !== undefined) throw new WrongOrder();
    const { type } = part;
    const names = known.get(type);
    if (names !== undefined && !hasOnly(part, names)) this.whole = false;
    if (wholeParts.has(type)) this.#addWhole(part);
    else if (typeof type === 'string' && /^(?:text|reasoning)-(?:start|delta|end)$/.test(type))
      this.#addToBlock(part, type);
    else this.#addOther(part);
  }

  /** Undefined before the last part. */
  finish(): JsonObject | undefined {
    if (this.#end === undefined) return undefined;
    if (this.#open.size > 0 || this.#inputs.size > 0) this.whole = false;
    const { usage, finishReason, providerMetadata } = this.#end;
    return {
      content: this.#content,
      finishReason,
      usage,
      ...(isJsonObject(providerMetadata) ? { providerMetadata } : {}),
      ...(this.#response === undefined ? {} : { response: this.#response }),
      warnings: this.#warnings,
    };
  }

  #addWhole(part: JsonObject): void {
    const { type, toolCallId } = part;
    if (type === 'tool-call') this.#inputs.delete(String(toolCallId));
    this.#content.push(part);
  }

  #addToBlock(part: JsonObject, type: string): void {
    const { id, delta, citations, providerMetadata } = part;
    const [kind = '', step = ''] = type.split('-');
    const name = `${kind} ${String(id)}`;
    let block = this.#open.get(name);
    if (step === 'start') {
      block = { type: kind, text: '' };
      this.#open.set(name, block);
      this.#content.push(block);
    }
    if (block === undefined) throw new WrongOrder();
    if (step === 'delta') {
      if (typeof delta !== 'string') throw new WrongOrder();
      block['text'] = String(block['text']) + delta;
    }
    if (isJsonArray(citations)) block['citations'] = citations;
    if (isJsonObject(providerMetadata)) block['providerMetadata'] = providerMetadata;
    if (step === 'end') this.#open.delete(name);
  }

  #addOther(part: JsonObject): void {
    const { type, id, warnings, usage, finishReason } = part;
    switch (type) {
      case 'stream-start':
        if (isJsonArray(warnings)) this.#warnings = [...this.#warnings, ...warnings];
        return;
      case 'response-metadata': {
        const { type: _type, ...response } = part;
        this.#response = { ...this.#response, ...response };
        return;
      }
      case 'tool-input-start':
        this.#inputs.add(String(id));
        return;
      case 'tool-input-delta':
      case 'tool-input-end':
      // A result has no chunks of the provider, and nothing to keep alive.
      case 'raw':
      case 'ping':
        return;
      case 'finish':
        if (!isJsonObject(usage) || !isJsonObject(finishReason)) throw new WrongOrder();
        this.#end = part;
        return;
      default:
        // Parts that the SDK has added since.
        this.whole = false;
    }
  }
}

function hasOnly(part: JsonObject, names: readonly string[]): boolean {
  return Object.keys(part).every((name) => name === 'type' || name === undefinedMark || names.includes(name));
}
