/**
 * The file of the table, as it is in memory: one buffer, and the offset of each piece of the vocabulary in it.
 *
 * Its format: "AOE1", the header's length (uint32, little endian), the header in JSON, the vocabulary (UTF-8, a piece a
 * line), a scale for each row (float16), a score for each piece (a byte), the rows (4 bits a component, low half first).
 */

export interface Table {
  /** Components of a vector. */
  readonly dimension: number;
  /** Number of pieces; each has a row. */
  readonly size: number;
  /** The vocabulary. A piece is the bytes from its own offset to one byte before the next one's. */
  readonly vocabulary: Uint8Array;
  /** Of each piece and, at the end, of the piece that would follow the last one. */
  readonly offsets: Uint32Array;
  /** How unlikely a piece is, in eighths of a natural logarithm. */
  readonly costs: Uint8Array;
  /** Adds the row of a piece to a vector. */
  addRow(piece: number, vector: Float64Array): void;
}

const magic = 'AOE1';
const lineFeed = 10;

/** Reads the table from the bytes of its file. Throws if they are not such a file. The bytes are not copied. */
export function readTable(file: Uint8Array): Table {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 8 || new TextDecoder('latin1').decode(file.subarray(0, 4)) !== magic) throw damaged();
  const start = 8 + view.getUint32(4, true);
  if (start > file.length) throw damaged();
  const { dimension, size, vocabularyBytes } = headerOf(file.subarray(8, start));
  const scalesAt = start + vocabularyBytes;
  const costsAt = scalesAt + 2 * size;
  const rowsAt = costsAt + size;
  const rowBytes = dimension / 2;
  if (file.length !== rowsAt + size * rowBytes) throw damaged();
  const vocabulary = file.subarray(start, scalesAt);

  function addRow(piece: number, vector: Float64Array): void {
    const scale = float16(view.getUint16(scalesAt + 2 * piece, true));
    const from = rowsAt + piece * rowBytes;
    for (let at = 0; at < rowBytes; at++) {
      const pair = file[from + at] ?? 0;
      vector[2 * at] = (vector[2 * at] ?? 0) + ((pair & 15) - 8) * scale;
      vector[2 * at + 1] = (vector[2 * at + 1] ?? 0) + ((pair >> 4) - 8) * scale;
    }
  }

  return {
    dimension,
    size,
    vocabulary,
    offsets: offsetsOf(vocabulary, size),
    costs: file.subarray(costsAt, rowsAt),
    addRow,
  };
}

interface Header {
  readonly dimension: number;
  readonly size: number;
  readonly vocabularyBytes: number;
}

function headerOf(bytes: Uint8Array): Header {
  const header: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (typeof header !== 'object' || header === null) throw damaged();
  const { dim, rows, bits, vocabBytes }: Readonly<Record<string, unknown>> = { ...header };
  if (!isCount(dim) || dim % 2 !== 0 || !isCount(rows) || !isCount(vocabBytes) || bits !== 4) throw damaged();
  return { dimension: dim, size: rows, vocabularyBytes: vocabBytes };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

function offsetsOf(vocabulary: Uint8Array, size: number): Uint32Array {
  const offsets = new Uint32Array(size + 1);
  let piece = 1;
  for (let at = 0; at < vocabulary.length; at++) {
    if (vocabulary[at] !== lineFeed) continue;
    if (piece >= size) throw damaged();
    offsets[piece++] = at + 1;
  }
  if (piece !== size) throw damaged();
  offsets[size] = vocabulary.length + 1;
  return offsets;
}

/** A number of 16 bits (IEEE 754), which Node 22 cannot read by itself. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function damaged(): Error {
  return new Error('The file of the static table is damaged. Install @askonce/embedder-static again.');
}
