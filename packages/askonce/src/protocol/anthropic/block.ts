/**
 * A content block that is being assembled from its deltas.
 */
import {
  isJsonArray,
  isJsonObject,
  isUnset,
  type JsonObject,
  type JsonValue,
  tryParseJson,
} from '../../json.ts';

/** An event in the wrong place, or without a required field. Caught by the reader of the stream. */
export class OutOfOrder extends Error {}

/** The field in which each kind of delta has its piece; a field besides it would be lost. */
const pieceOf: ReadonlyMap<JsonValue | undefined, string> = new Map([
  ['text_delta', 'text'],
  ['thinking_delta', 'thinking'],
  ['signature_delta', 'signature'],
  ['citations_delta', 'citation'],
  ['input_json_delta', 'partial_json'],
]);

/** A content block between its start and its stop. */
export class OpenBlock {
  #block: Record<string, JsonValue | undefined>;
  #input = '';
  readonly #citations: JsonValue[] = [];

  constructor(start: JsonObject) {
    this.#block = { ...start };
  }

  /** False if the kind of delta is unknown, does not fit the block, or can be read in two ways. */
  add(delta: JsonObject): boolean {
    const { type } = delta;
    if (type === 'compaction_delta') {
      const { type: _type, ...values } = delta;
      this.#block = { ...this.#block, ...values };
      return this.#block['type'] === 'compaction';
    }
    const field = pieceOf.get(type);
    if (field === undefined) return false;
    const isAlone = Object.entries(delta).every(
      ([name, value]) => name === 'type' || name === field || value === null,
    );
    return this.#addPiece(field, delta[field]) && isAlone;
  }

  #addPiece(field: string, piece: JsonValue | undefined): boolean {
    switch (field) {
      case 'text':
      case 'thinking':
        return this.#append(field, piece);
      case 'signature': {
        const { signature: before, type } = this.#block;
        this.#block['signature'] = piece;
        return type === 'thinking' && (isUnset(before) || before === piece);
      }
      case 'citation':
        this.#citations.push(piece ?? null);
        return this.#block['type'] === 'text';
      default:
        if (typeof piece !== 'string') throw new OutOfOrder();
        this.#input += piece;
        // Pieces for a block that begins with its input continue it or replace it.
        return isEmptyInput(this.#block['input']);
    }
  }

  #append(field: 'text' | 'thinking', piece: JsonValue | undefined): boolean {
    if (typeof piece !== 'string') throw new OutOfOrder();
    const before = this.#block[field];
    this.#block[field] = (typeof before === 'string' ? before : '') + piece;
    return this.#block['type'] === field;
  }

  close(): JsonObject {
    if (this.#citations.length > 0) {
      const before = this.#block['citations'];
      this.#block['citations'] = [...(isJsonArray(before) ? before : []), ...this.#citations];
    }
    // Input that is not JSON stays a string, which no valid tool input is.
    if (this.#input !== '') this.#block['input'] = tryParseJson(this.#input) ?? this.#input;
    return this.#block;
  }
}

function isEmptyInput(input: JsonValue | undefined): boolean {
  return isJsonObject(input) && Object.keys(input).length === 0;
}
