/**
 * Canonical text: equal for two values exactly if they mean the same.
 *
 * It is JSON (in the spirit of RFC 8785: sorted properties, shortest numbers) with four tokens that JSON text cannot
 * contain, so that content cannot forge them: `$n:…` for a text of n characters without escapes, `#…` for the digest of
 * a text, `%…` for the digest of the bytes of media, and `@` in place of the semantic text.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import type { CanonicalWriter } from '../protocol/contract.ts';
import { linearPattern } from '../settings/linear-pattern.ts';
import type { Settings } from '../settings/table.ts';
import { nfc } from './language/nfc.ts';
import type { Spelling } from './language/spelling.ts';

type CanonicalSettings = Pick<Settings, 'hashAlgorithm' | 'textHashThreshold'>;

/** Replaces volatile text in the prompts of one request; undefined once that has taken too long. */
type Mask = (text: string) => string | undefined;

/** Begins a request. */
export type Masks = () => Mask;

/** Milliseconds for all texts of one request, of which a sane pattern needs less than one. */
const maskBudgetMs = 100;

const unmasked: Mask = (text) => text;

export function compileMasks(rules: Settings['masks'], clock: Clock): Masks {
  if (rules.length === 0) return () => unmasked;
  const compiled = rules.map(({ pattern, flags, replacement }) => ({
    expression: linearPattern(pattern, flags),
    replacement,
  }));
  return () => {
    let until: number | undefined;
    return (text) => {
      const end = until ?? clock.monotonic() + maskBudgetMs;
      until = end;
      const isSpent = () => clock.monotonic() > end;
      let masked = text;
      for (const { expression, replacement } of compiled) {
        if (isSpent() || !expression.findsAllBefore(masked, isSpent)) return undefined;
        masked = expression.replaceAll(masked, replacement);
      }
      return masked;
    };
  };
}

/** Characters below U+0300 are always in NFC, and well-formed. */
const mayNeedNormalising = /[\u0300-\uffff]/;
/** RFC 4648, section 4. Decoders disagree on the URL-safe alphabet. */
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;
const whiteSpace = /\s+/g;
/** Text in which JSON escapes nothing. */
const plainText = /^[\w .:/-]*$/;
/** Maximum length of a quoted text, in characters: most names and values are shorter. */
const maxQuotedLength = 48;

/** Writes one request, and holds what it found in it. */
export class CanonicalText implements CanonicalWriter {
  readonly #settings: CanonicalSettings;
  readonly #mask: Mask;
  readonly #schemaKeys: ReadonlySet<string>;
  readonly #spelling: Spelling | undefined;
  /** The semantic text in canonical form, as it counts, and as a person reads it. */
  semantic: { readonly canonical: string; readonly plain: string } | undefined;
  media: 'none' | 'inline' | 'reference' = 'none';
  /**
   * False once a value was found whose canonical text another value shares: a string with a lone surrogate, which
   * UTF-8 cannot encode, or properties whose order counts and was lost in parsing. Also once masking took too long.
   */
  representable = true;

  /** `spelling` is applied to the semantic text before it counts. */
  constructor(settings: CanonicalSettings, mask: Mask, schemaKeys: ReadonlySet<string>, spelling?: Spelling) {
    this.#settings = settings;
    this.#mask = mask;
    this.#schemaKeys = schemaKeys;
    this.#spelling = spelling;
  }

  value(value: JsonValue): string {
    if (typeof value === 'string') return this.#string(value);
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    if (isJsonArray(value)) return this.list(value, (item) => this.value(item));
    return this.object(value, noWriters);
  }

  verbatim(value: JsonValue): string {
    if (typeof value === 'string') return this.#exactly(value);
    if (isJsonArray(value)) return this.list(value, (item) => this.verbatim(item));
    if (!isJsonObject(value)) return JSON.stringify(value);
    const names = inOrder(Object.keys(value));
    return this.#braced(value, names, (_name, property) => this.verbatim(property), 'exactly');
  }

  ordered(value: JsonValue): string {
    if (isJsonArray(value)) return this.list(value, (item) => this.ordered(item));
    if (!isJsonObject(value)) return this.value(value);
    const names = Object.keys(value);
    // Names that look like indexes come first and in their own order, wherever the text has them (ECMA-262, 10.1.11).
    if (names.length > 1 && isIndex(names[0])) this.representable = false;
    return this.#braced(value, names, (_name, property) => this.ordered(property));
  }

  object(value: JsonObject, writers: Readonly<Record<string, (value: JsonValue) => string>>): string {
    return this.#braced(value, sortedNames(value), (name, property) => {
      const write = Object.hasOwn(writers, name) ? writers[name] : undefined;
      if (write !== undefined) return write(property);
      return this.#schemaKeys.has(name) ? this.ordered(property) : this.value(property);
    });
  }

  list(values: readonly JsonValue[], write: (value: JsonValue, index: number) => string): string {
    let text = '';
    for (let index = 0; index < values.length; index++) {
      text += `${index === 0 ? '' : ','}${write(values[index] ?? null, index)}`;
    }
    return `[${text}]`;
  }

  text(text: string): string {
    return this.#string(this.#masked(text));
  }

  semanticText(text: string): string {
    // A second semantic text must not replace the first, which would then no longer count.
    if (this.semantic !== undefined) return this.text(text);
    const plain = this.#masked(text);
    const spelt = this.#spelling === undefined ? plain : this.#spelling(plain);
    this.semantic = { canonical: this.#string(spelt), plain };
    return '@';
  }

  inlineMedia(mediaType: string, encoded: string): string {
    if (this.media === 'none') this.media = 'inline';
    const bytes = decoded(encoded);
    if (bytes === undefined) return `%text:${this.#string(mediaType)}:${this.#exactly(encoded)}`;
    return `%${this.#string(mediaType)}:${bytes.length}:${hash(this.#settings.hashAlgorithm, bytes, 'hex')}`;
  }

  mediaReference(reference: JsonValue): string {
    this.media = 'reference';
    return typeof reference === 'string' ? this.#exactly(reference) : this.value(reference);
  }

  #masked(text: string): string {
    const masked = this.#mask(text);
    if (masked === undefined) this.representable = false;
    return masked ?? text;
  }

  #braced(
    value: JsonObject,
    names: readonly string[],
    write: (name: string, property: JsonValue) => string,
    spelt: 'exactly' | 'composed' = 'composed',
  ): string {
    let text = '';
    for (const name of names) {
      const property = value[name];
      if (property === undefined) continue;
      const key = spelt === 'exactly' ? this.#exactly(name) : this.#string(name);
      text += `${text === '' ? '' : ','}${key}:${write(name, property)}`;
    }
    return `{${text}}`;
  }

  #string(text: string): string {
    return this.#exactly(mayNeedNormalising.test(text) ? nfc(text) : text);
  }

  /** The text by its code units: two spellings of one character differ. */
  #exactly(text: string): string {
    if (!text.isWellFormed()) this.representable = false;
    if (text.length > this.#settings.textHashThreshold)
      return `#${text.length}:${hash(this.#settings.hashAlgorithm, text, 'hex')}`;
    // Its length says where it ends, so nothing needs escaping, which is expensive in a long text.
    if (text.length > maxQuotedLength) return `$${text.length}:${text}`;
    return plainText.test(text) ? `"${text}"` : JSON.stringify(text);
  }
}

const noWriters = {};

/** Property names that are sorted by insertion. */
const mostInserted = 8;

function sortedNames(value: JsonObject): readonly string[] {
  const names = inOrder(Object.keys(value));
  if (!names.some((name) => mayNeedNormalising.test(name))) return names;
  return names
    .map((name) => ({ name, normal: nfc(name) }))
    .sort((one, other) => compare(one.normal, other.normal))
    .map(({ name }) => name);
}

/** Sorts in place. Most objects have few properties, and `sort` takes several times as long for those. */
function inOrder(names: string[]): string[] {
  if (names.length > mostInserted) return names.sort();
  let end = 0;
  for (const name of names) {
    let at = end;
    for (let before = names[at - 1]; before !== undefined && before > name; before = names[at - 1]) {
      names[at] = before;
      at -= 1;
    }
    names[at] = name;
    end += 1;
  }
  return names;
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function isIndex(name: string | undefined): boolean {
  return name !== undefined && /^(?:0|[1-9]\d*)$/.test(name);
}

/** The bytes of a text in base64, whose white space is ignored; undefined for any other text. */
function decoded(encoded: string): Buffer | undefined {
  const compact = encoded.replace(whiteSpace, '');
  if (!base64.test(compact) || compact.replace(/=+$/, '').length % 4 === 1) return undefined;
  return Buffer.from(compact, 'base64');
}
