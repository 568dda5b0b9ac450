/** The body of an answer that is there as a whole, as a provider gives it. */

/** One piece; none for a body without bytes. */
export async function* inOnePiece(body: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (body.length > 0) yield body;
}
