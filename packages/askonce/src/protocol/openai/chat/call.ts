/**
 * Tool calls put together from the deltas of a stream.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';

/** Whose pieces are joined; of any other text the last that is not empty stands (Alibaba repeats an empty id). */
const joined: ReadonlySet<string> = new Set(['arguments', 'input']);

/** The call, or its `function` or `custom`, with one delta more. */
export function addDelta(call: JsonObject, delta: JsonObject): JsonObject {
  const sum: Record<string, JsonValue | undefined> = { ...call };
  for (const [name, value] of Object.entries(delta)) {
    const before = Object.hasOwn(sum, name) ? sum[name] : undefined;
    if (value === undefined || (before !== undefined && (value === null || value === ''))) continue;
    if (typeof before === 'string' && typeof value === 'string' && joined.has(name))
      sum[name] = before + value;
    else if (isJsonObject(before) && isJsonObject(value)) sum[name] = addDelta(before, value);
    else sum[name] = value;
  }
  return sum;
}

/** The calls of one choice, by their index. */
export class CallAssembly {
  readonly #calls = new Map<number, JsonObject>();
  #latest = -1;

  add({ index, ...delta }: JsonObject): void {
    const place = typeof index === 'number' ? index : this.#placeOf(delta['id']);
    this.#latest = place;
    this.#calls.set(place, addDelta(this.#calls.get(place) ?? {}, delta));
  }

  /** Mistral leaves the index out where each call comes whole: a new id is a new call. */
  #placeOf(id: JsonValue | undefined): number {
    const isNew = typeof id === 'string' && id !== '';
    if (!isNew) return Math.max(0, this.#latest);
    for (const [place, call] of this.#calls) if (call['id'] === id) return place;
    return Math.max(-1, ...this.#calls.keys()) + 1;
  }

  /** In the order of their indexes; undefined where there are none. */
  close(): readonly JsonObject[] | undefined {
    if (this.#calls.size === 0) return undefined;
    return [...this.#calls].sort(([one], [other]) => one - other).map(([, call]) => call);
  }
}
