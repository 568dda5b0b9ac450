/**
 * Canonical text: two values that mean the same are written the same, two that differ are not.
 *
 * It is JSON (RFC 8785 in spirit: sorted properties, shortest numbers) with three tokens that JSON text can't
 * hold, so that none of them can be forged by content: `#…` for a text by its digest, `%…` for media by the
 * digest of its bytes, and `@` where the semantic text was taken out.
 */
import { hash } from 'node:crypto';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import type { CanonicalWriter } from '../protocol/contract.ts';
import type { Settings } from '../settings/table.ts';

type CanonicalSettings = Pick<Settings, 'hashAlgorithm' | 'textHashThreshold'>;

/** Replaces volatile text in prompts. */
export type Mask = (text: string) => string;

export function compileMasks(rules: Settings['masks']): Mask {
  const compiled = rules.map(({ pattern, flags, replacement }) => {
    const expression = new RegExp(pattern, withGlobal(flags));
    return (text: string) => text.replace(expression, replacement);
  });
  return (text) => compiled.reduce((masked, apply) => apply(masked), text);
}

function withGlobal(flags = ''): string {
  return flags.includes('g') ? flags : `${flags}g`;
}

/** Everything below U+0300 is in NFC already, and well-formed. */
const mayNeedNormalising = /[\u0300-\uffff]/;
const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const whiteSpace = /[\s]+/g;

/** Writes one request; holds what it met on the way. */
export class CanonicalText implements CanonicalWriter {
  readonly #settings: CanonicalSettings;
  readonly #mask: Mask;
  readonly #schemaKeys: ReadonlySet<string>;
  /** The semantic text as it counts (canonical), and as a person reads it. */
  semantic: { readonly canonical: string; readonly plain: string } | undefined;
  media: 'none' | 'inline' | 'reference' = 'none';
  /** False once a string with a lone surrogate was met: it has no one form in UTF-8. */
  wellFormed = true;

  constructor(settings: CanonicalSettings, mask: Mask, schemaKeys: ReadonlySet<string>) {
    this.#settings = settings;
    this.#mask = mask;
    this.#schemaKeys = schemaKeys;
  }

  value(value: JsonValue): string {
    if (typeof value === 'string') return this.#string(value);
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    if (isJsonArray(value)) return this.list(value, (item) => this.value(item));
    let text = '';
    for (const name of Object.keys(value).sort()) {
      const property = value[name];
      if (property === undefined) continue;
      const written = this.#schemaKeys.has(name) ? this.ordered(property) : this.value(property);
      text += `${text === '' ? '' : ','}${this.#string(name)}:${written}`;
    }
    return `{${text}}`;
  }

  ordered(value: JsonValue): string {
    if (isJsonArray(value)) return this.list(value, (item) => this.ordered(item));
    if (!isJsonObject(value)) return this.value(value);
    const properties = Object.entries(value).filter(([, property]) => property !== undefined);
    return `{${properties.map(([name, property]) => `${this.#string(name)}:${this.ordered(property ?? null)}`).join(',')}}`;
  }

  object(value: JsonObject, writers: Readonly<Record<string, (value: JsonValue) => string>>): string {
    let text = '';
    for (const name of Object.keys(value).sort()) {
      const property = value[name];
      if (property === undefined) continue;
      const write = Object.hasOwn(writers, name) ? writers[name] : undefined;
      text += `${text === '' ? '' : ','}${this.#string(name)}:${write === undefined ? this.#property(name, property) : write(property)}`;
    }
    return `{${text}}`;
  }

  list(values: readonly JsonValue[], write: (value: JsonValue, index: number) => string): string {
    let text = '';
    for (let index = 0; index < values.length; index++) {
      text += `${index === 0 ? '' : ','}${write(values[index] ?? null, index)}`;
    }
    return `[${text}]`;
  }

  text(text: string): string {
    return this.#string(this.#mask(text));
  }

  semanticText(text: string): string {
    const plain = this.#mask(text);
    this.semantic = { canonical: this.#string(plain), plain };
    return '@';
  }

  inlineMedia(mediaType: string, encoded: string): string {
    if (this.media === 'none') this.media = 'inline';
    const compact = encoded.replace(whiteSpace, '');
    if (!base64.test(compact)) return `%text:${this.#string(mediaType)}:${this.#string(encoded)}`;
    const bytes = Buffer.from(compact, 'base64');
    return `%${this.#string(mediaType)}:${bytes.length}:${hash(this.#settings.hashAlgorithm, bytes, 'hex')}`;
  }

  mediaReference(reference: JsonValue): string {
    this.media = 'reference';
    return this.value(reference);
  }

  #property(name: string, value: JsonValue): string {
    return this.#schemaKeys.has(name) ? this.ordered(value) : this.value(value);
  }

  #string(text: string): string {
    let normal = text;
    if (mayNeedNormalising.test(text)) {
      if (!text.isWellFormed()) this.wellFormed = false;
      normal = text.normalize('NFC');
    }
    if (normal.length <= this.#settings.textHashThreshold) return JSON.stringify(normal);
    return `#${normal.length}:${hash(this.#settings.hashAlgorithm, normal, 'hex')}`;
  }
}
