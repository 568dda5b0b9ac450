/**
 * A question's vector as text, as an entry's metadata hold it: one signed byte a component, in base64.
 *
 * Every vector is scaled to its own largest component, so that no byte of the range is wasted; the scale itself is not
 * stored, since a vector of the semantic tier has the length 1.
 */

const largest = 127;

/** Components of the longest vector that metadata can hold. */
export const mostComponents = 12_288;
/** Characters of its text. */
export const vectorCharacters = (mostComponents / 3) * 4;

/** The vector as text: four characters for three components. */
export function encodeVector(vector: Float32Array): string {
  let peak = 0;
  for (const component of vector) peak = Math.max(peak, Math.abs(component));
  const scale = peak > 0 ? largest / peak : 0;
  const bytes = new Int8Array(vector.length);
  let at = 0;
  for (const component of vector) bytes[at++] = Math.round(component * scale);
  return Buffer.from(bytes.buffer).toString('base64');
}

/** The vector in a text, of length 1; undefined if the text holds none. */
export function decodeVector(text: string): Float32Array | undefined {
  const packed = Buffer.from(text, 'base64');
  const bytes = new Int8Array(packed.buffer, packed.byteOffset, packed.length);
  let squares = 0;
  for (const component of bytes) squares += component * component;
  if (squares === 0) return undefined;
  const scale = 1 / Math.sqrt(squares);
  const vector = new Float32Array(bytes.length);
  let at = 0;
  for (const component of bytes) vector[at++] = component * scale;
  return vector;
}
