/**
 * The syntax of `Cache-Control`, in requests and in answers (RFC 9111, section 5.2).
 */

/** token [ "=" ( token / quoted-string ) ], and what separates it from the next. */
const directive =
  /[\t ]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\]|\\.)*)"))?[\t ]*(?:,|$)/y;

const nameOnly = /[\t ]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)/y;

/** Seconds beyond which a number means "for ever" (RFC 9111, section 1.2.2). */
const greatestSeconds = 2 ** 31;

export interface CacheDirective {
  /** In lower case. */
  readonly name: string;
  /** Without its quotes; undefined if it has none. */
  readonly argument: string | undefined;
  /** Whether what follows the name is no argument. */
  readonly isMalformed: boolean;
}

/** The directives of a header in their order. Of a malformed one only the name is known; without a name it is left out. */
export function* cacheDirectives(text: string): Generator<CacheDirective> {
  let at = 0;
  while (at < text.length) {
    directive.lastIndex = at;
    const match = directive.exec(text);
    if (match?.[1] !== undefined) {
      const argument = match[2] ?? match[3]?.replace(/\\(.)/g, '$1');
      yield { name: match[1].toLowerCase(), argument, isMalformed: false };
      at = directive.lastIndex;
    } else {
      nameOnly.lastIndex = at;
      const name = nameOnly.exec(text)?.[1];
      if (name !== undefined) yield { name: name.toLowerCase(), argument: undefined, isMalformed: true };
      at = afterNextComma(text, at);
    }
  }
}

// A comma inside quotes ends nothing, also in an element that is otherwise garbage.
function afterNextComma(text: string, from: number): number {
  let quoted = false;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (quoted && character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === ',' && !quoted) return at + 1;
  }
  // A quote that is never closed opens nothing: it must not hide the `no-store` behind it.
  const comma = quoted ? text.indexOf(',', from) : -1;
  return comma === -1 ? text.length : comma + 1;
}

/** A number of seconds; undefined if the argument is none. */
export function deltaSeconds(argument: string | undefined): number | undefined {
  if (argument === undefined || !/^\d+$/.test(argument)) return undefined;
  return Math.min(Number(argument), greatestSeconds);
}
