/**
 * A content block that is being assembled from its deltas.
 */
import { isJsonArray, type JsonObject, type JsonValue, tryParseJson } from '../../json.ts';

/** An event in the wrong place, or without a required field. Caught by the reader of the stream. */
export class OutOfOrder extends Error {}

/** A content block between its start and its stop. */
export class OpenBlock {
  #block: Record<string, JsonValue | undefined>;
  #input = '';
  readonly #citations: JsonValue[] = [];

  constructor(start: JsonObject) {
    this.#block = { ...start };
  }

  /** False if the kind of delta is unknown, or does not fit the block. */
  add(delta: JsonObject): boolean {
    switch (delta['type']) {
      case 'text_delta':
        return this.#append('text', delta['text']);
      case 'thinking_delta':
        return this.#append('thinking', delta['thinking']);
      case 'signature_delta':
        this.#block['signature'] = delta['signature'];
        return this.#block['type'] === 'thinking';
      case 'citations_delta':
        this.#citations.push(delta['citation'] ?? null);
        return this.#block['type'] === 'text';
      case 'input_json_delta': {
        const { partial_json: piece } = delta;
        if (typeof piece !== 'string') throw new OutOfOrder();
        this.#input += piece;
        return this.#block['input'] !== undefined;
      }
      case 'compaction_delta': {
        const { type: _type, ...values } = delta;
        this.#block = { ...this.#block, ...values };
        return this.#block['type'] === 'compaction';
      }
      default:
        return false;
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
