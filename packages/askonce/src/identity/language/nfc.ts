/**
 * Unicode NFC in time that grows with the length of a text, whatever is in it.
 *
 * Putting the marks on a letter in order takes time that grows with the square of their number: 200 KB of marks would
 * hold a process for seconds. No language puts more than thirty on one (UAX #15, Stream-Safe Text Format).
 */

const mostMarks = 30;
/** Every run of more marks than that covers three places of a grid of this width. */
const grid = 10;
const placesCovered = 3;

/** The halves of a surrogate pair may be those of a mark. */
const mayBeMark = /[\p{M}\ud800-\udfff]/u;
const manyMarks = new RegExp(`(\\p{M}{${mostMarks + 1},})`, 'u');

/** Whether more than thirty marks follow each other somewhere in a text. */
export function hasManyMarks(text: string): boolean {
  let covered = 0;
  for (let at = 0; at < text.length; at += grid) {
    // Below U+0300 there are none.
    covered = text.charCodeAt(at) >= 0x300 && mayBeMark.test(text.charAt(at)) ? covered + 1 : 0;
    if (covered === placesCovered) return manyMarks.test(text);
  }
  return false;
}

/** The text in NFC, but for runs of more than thirty marks, which stay as they are. */
export function nfc(text: string): string {
  if (!hasManyMarks(text)) return text.normalize('NFC');
  const pieces = text.split(manyMarks);
  // The runs are between what surrounds them.
  return pieces.map((piece, index) => (index % 2 === 0 ? piece.normalize('NFC') : piece)).join('');
}
