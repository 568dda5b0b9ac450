/**
 * Assembles the tool calls of one choice from the deltas of a stream.
 *
 * Providers break the documented rule (each call under an index of its own, counted from 0, its id and its name in the
 * first delta alone) in many ways. A stream whose calls could be read in two ways is still read, as well as possible, but
 * is not whole, and so does not become a body.
 */
import { isJsonObject, isUnset, type JsonObject, type JsonValue, tryParseJson } from '../../../json.ts';
import { FieldsAssembly } from '../fields.ts';

/** What a call asks for: `function`, `custom`, or the deprecated `function_call`. */
export class CalledAssembly {
  /** The field whose pieces are joined. */
  readonly #joined: 'arguments' | 'input';
  readonly #rest = new FieldsAssembly({ strings: 'ambiguous', lists: 'ambiguous' });
  #name: JsonValue | undefined;
  #text: JsonValue | undefined;
  #whole = true;

  constructor(joined: 'arguments' | 'input') {
    this.#joined = joined;
  }

  /** `isRepeat`: the delta names the call by its id, so that an equal name is the same call's. */
  add({ name, [this.#joined]: piece, ...rest }: JsonObject, isRepeat: boolean): void {
    if (!isUnset(name)) this.#addName(name, isRepeat);
    if (piece !== undefined && piece !== null) this.#addText(piece);
    for (const [field, value] of Object.entries(rest)) this.#rest.add(field, value);
  }

  /** A second name is another call's, or the rest of a name that arrives in pieces. */
  #addName(name: JsonValue, isRepeat: boolean): void {
    const isFirst = this.#name === undefined && isUnset(this.#text);
    if (typeof name !== 'string' || !(isFirst || (isRepeat && name === this.#name))) this.#whole = false;
    this.#name = name;
  }

  #addText(piece: JsonValue): void {
    if (typeof piece !== 'string') this.#whole = false;
    this.#text = typeof this.#text === 'string' && typeof piece === 'string' ? this.#text + piece : piece;
  }

  get whole(): boolean {
    if (!this.#whole || !this.#rest.whole || this.#name === undefined) return false;
    return this.#joined === 'input' || typeof this.#text !== 'string' || !goesOnAfterObject(this.#text);
  }

  /** A call without arguments has empty text. */
  close(): JsonObject {
    const name = this.#name === undefined ? {} : { name: this.#name };
    return { ...name, [this.#joined]: this.#text ?? '', ...this.#rest.close() };
  }
}

/** Whether other text follows a complete JSON object: arguments of another call, or the same ones again. */
function goesOnAfterObject(text: string): boolean {
  if (!text.trimStart().startsWith('{') || tryParseJson(text) !== undefined) return false;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === '{') depth += 1;
    else if (!quoted && character === '}' && --depth === 0) return text.slice(at + 1).trim() !== '';
  }
  return false;
}

class OpenCall {
  readonly #rest = new FieldsAssembly({ strings: 'ambiguous', lists: 'ambiguous' });
  readonly #called = new Map<'function' | 'custom', CalledAssembly>();
  readonly id: JsonValue | undefined;
  #type: JsonValue | undefined;
  #whole = true;

  constructor(id: JsonValue | undefined) {
    this.id = id;
  }

  add({ id, type, function: called, custom, ...rest }: JsonObject): void {
    const isRepeat = !isUnset(id) && id === this.id;
    if (!isUnset(type)) {
      if (typeof type !== 'string' || (this.#type !== undefined && this.#type !== type)) this.#whole = false;
      this.#type = type;
    }
    this.#addCalled('function', called, isRepeat);
    this.#addCalled('custom', custom, isRepeat);
    for (const [name, value] of Object.entries(rest)) this.#rest.add(name, value);
  }

  #addCalled(kind: 'function' | 'custom', delta: JsonValue | undefined, isRepeat: boolean): void {
    if (delta === undefined || delta === null) return;
    if (!isJsonObject(delta)) {
      this.#whole = false;
      return;
    }
    const assembly = this.#called.get(kind) ?? new CalledAssembly(kind === 'custom' ? 'input' : 'arguments');
    this.#called.set(kind, assembly);
    assembly.add(delta, isRepeat);
  }

  /** Clients make up an id for a call that has none. */
  get whole(): boolean {
    const called = [...this.#called.values()];
    return (
      typeof this.id === 'string' &&
      this.id !== '' &&
      this.#whole &&
      this.#rest.whole &&
      called.length === 1 &&
      called.every(({ whole }) => whole)
    );
  }

  close(): JsonObject {
    return {
      ...(this.id !== undefined && { id: this.id }),
      ...(this.#type !== undefined && { type: this.#type }),
      ...Object.fromEntries([...this.#called].map(([kind, called]) => [kind, called.close()])),
      ...this.#rest.close(),
    };
  }
}

export class CallAssembly {
  readonly #calls: { readonly place: number; readonly call: OpenCall }[] = [];
  /** The open call of each index; a call without an index has none. */
  readonly #byIndex = new Map<number, OpenCall>();
  readonly #byId = new Map<JsonValue, OpenCall>();
  #latest: OpenCall | undefined;
  #lastPlace = -1;
  #whole = true;

  add(delta: JsonValue): void {
    if (!isJsonObject(delta)) {
      this.#whole = false;
      return;
    }
    const { index, ...fields } = delta;
    const call = isIndex(index) ? this.#callAt(index, fields['id']) : this.#callWithout(index, fields['id']);
    this.#latest = call;
    call.add(fields);
  }

  /** Some adapters of Gemini send all calls under index 0: another id is another call. */
  #callAt(index: number, id: JsonValue | undefined): OpenCall {
    const open = this.#byIndex.get(index);
    if (open !== undefined && (isUnset(id) || id === open.id)) return open;
    // Clients disagree about calls that are not counted from 0 in the order in which they begin.
    if (index !== this.#calls.length || this.#byIndex.size !== this.#calls.length) this.#whole = false;
    const call = this.#open(index, id);
    this.#byIndex.set(index, call);
    return call;
  }

  /** Mistral omits the index, and sends each call whole: a new id is a new call. */
  #callWithout(index: JsonValue | undefined, id: JsonValue | undefined): OpenCall {
    const known = isUnset(id) ? this.#latest : this.#byId.get(id);
    if (known !== undefined || !isUnset(index) || isUnset(id) || this.#byIndex.size > 0) this.#whole = false;
    return known ?? this.#open(this.#lastPlace + 1, id);
  }

  #open(place: number, id: JsonValue | undefined): OpenCall {
    const call = new OpenCall(id === null ? undefined : id);
    if (!isUnset(id)) {
      if (this.#byId.has(id)) this.#whole = false;
      this.#byId.set(id, call);
    }
    this.#calls.push({ place, call });
    this.#lastPlace = Math.max(this.#lastPlace, place);
    return call;
  }

  get whole(): boolean {
    return this.#whole && this.#calls.every(({ call }) => call.whole);
  }

  /** The calls in the order of their indexes; undefined if there are none. */
  close(): readonly JsonObject[] | undefined {
    if (this.#calls.length === 0) return undefined;
    return this.#calls.toSorted((one, other) => one.place - other.place).map(({ call }) => call.close());
  }
}

function isIndex(index: JsonValue | undefined): index is number {
  return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0;
}
