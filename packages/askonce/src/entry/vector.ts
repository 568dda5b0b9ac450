/**
 * A question's vector as text, as an entry's metadata hold it: twelve bits a component, in two characters.
 *
 * Every vector is scaled to its own largest component, so that none of the range is wasted; the scale itself is not
 * stored, since a vector of the semantic tier has the length 1.
 */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const codes = Buffer.from(alphabet);
/** Six bits by character code; 64 for a character that stands for none. */
const bitsOf = new Uint8Array(256).fill(64);
for (const [bits, code] of codes.entries()) bitsOf[code] = bits;

/** A component of 0 is written as `middle`, the largest one as `middle` plus or minus `largest`. */
const middle = 2_048;
const largest = 2_047;

/** Components of the longest vector that metadata can hold. */
export const mostComponents = 8_192;
/** Characters of its text. */
export const vectorCharacters = mostComponents * 2;

/** The vector as text: two characters a component. */
export function encodeVector(vector: Float32Array): string {
  let peak = 0;
  for (const component of vector) peak = Math.max(peak, Math.abs(component));
  const scale = peak > 0 ? largest / peak : 0;
  const text = Buffer.allocUnsafe(vector.length * 2);
  let at = 0;
  for (const component of vector) {
    const bits = middle + Math.round(component * scale);
    at = text.writeUInt8(codes.readUInt8(bits >> 6), at);
    at = text.writeUInt8(codes.readUInt8(bits & 63), at);
  }
  return text.toString('latin1');
}

/**
 * The vector in a text, of length 1; undefined if the text holds none.
 *
 * @param into where to write it, if it has the same number of components: many vectors of their own are much garbage
 */
export function decodeVector(text: string, into?: Float32Array): Float32Array | undefined {
  const components = text.length >> 1;
  if (components * 2 !== text.length) return undefined;
  const vector = into?.length === components ? into : new Float32Array(components);
  let squares = 0;
  for (let at = 0; at < text.length; at += 2) {
    const component = component12(text.charCodeAt(at), text.charCodeAt(at + 1));
    vector[at >> 1] = component;
    squares += component * component;
  }
  // Not a number if a character stands for no bits.
  if (!(squares > 0)) return undefined;
  const scale = 1 / Math.sqrt(squares);
  vector.forEach((component, at) => {
    vector[at] = component * scale;
  });
  return vector;
}

function component12(upper: number, lower: number): number {
  const [high = 64, low = 64] = [bitsOf[upper], bitsOf[lower]];
  return high < 64 && low < 64 ? (high << 6) + low - middle : Number.NaN;
}
