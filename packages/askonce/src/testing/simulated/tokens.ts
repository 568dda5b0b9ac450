/**
 * Tokens of the simulated provider: four characters (code points) each; the last one of a text may be shorter. Streams
 * come in tokens, and usage is their number.
 */

const charactersPerToken = 4;

/** The tokens that an image, document or sound counts, whatever its size. */
export const tokensPerMedium = 85;

export function tokensOf(text: string): string[] {
  const characters = Array.from(text);
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += charactersPerToken) {
    pieces.push(characters.slice(at, at + charactersPerToken).join(''));
  }
  return pieces;
}

export function countTokens(text: string): number {
  let characters = 0;
  for (const _ of text) characters += 1;
  return Math.ceil(characters / charactersPerToken);
}
