/** The static embedder survives every text, and refuses a file that is not its table. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadVectors, type StaticEmbedder, staticEmbedder } from './embedder.ts';
import { readTable } from './table.ts';

const asset = new URL('../assets/static-256.bin', import.meta.url);
const cosine = (one: Float32Array | undefined, other: Float32Array | undefined) =>
  Array.from(one ?? []).reduce((sum, component, at) => sum + component * (other?.[at] ?? 0), 0);

describe('the static embedder', () => {
  it('the digest of the weights is that of the file', () => {
    expect(staticEmbedder().weights).toBe(createHash('sha256').update(readFileSync(asset)).digest('hex'));
  });

  it('the first vector is promised, and the next ones are there at once, until it is closed', async () => {
    const embedder = staticEmbedder();
    const first = embedder.embed('Where is my order?');
    expect(first).toBeInstanceOf(Promise);
    const vector = await first;
    expect(embedder.embed('Where is my order?')).toEqual(vector);
    embedder.close();
    embedder.close();
    const again = embedder.embed('Where is my order?');
    expect(again).toBeInstanceOf(Promise);
    expect(await again).toEqual(vector);
  });

  it('calls that begin while the table is loading all get their own vectors', async () => {
    const embedder = staticEmbedder();
    const texts = ['reset my password', 'open hours', 'reset my password'];
    const [one, other, same] = await Promise.all(texts.map((text) => embedder.embed(text)));
    expect(cosine(one, same)).toBeCloseTo(1, 5);
    expect(cosine(one, other)).toBeLessThan(0.9);
  });

  it('a table that is closed while it loads is not kept, and its callers get their vectors', async () => {
    const embedder = staticEmbedder();
    const first = embedder.embed('open hours');
    embedder.close();
    expect(await first).toHaveLength(256);
    expect(embedder.embed('open hours')).toBeInstanceOf(Promise);
  });

  it('a question is nearer to the same question in another language than to another question', async () => {
    const embedder = staticEmbedder();
    const asked = await embedder.embed('How do I reset my password?');
    const other = await embedder.embed('What is the capital of France?');
    for (const text of [
      'Как сбросить пароль?',
      '¿Cómo restablezco mi contraseña?',
      'Como redefinir minha senha?',
      'איך לאפס את הסיסמה?',
    ])
      expect([text, cosine(asked, await embedder.embed(text)) > cosine(asked, other)]).toEqual([text, true]);
  });

  it.each([
    ['one long word', 'x'.repeat(16_384)],
    ['one long word of another alphabet', 'ש'.repeat(16_384)],
    ['letters that no piece has', '中'.repeat(16_384)],
    ['letters beyond 16 bits', '𐌰'.repeat(8_192)],
    ['characters that expand to many', '\ufdfa'.repeat(16_384)],
    ['lone surrogates', `reset \ud800 my \udc00 password${'\ud800'.repeat(1_000)}`],
    ['emoji', `reset 🔑 password ${'👩‍👩‍👧'.repeat(1_000)}`],
    ['combining marks', `e${'\u0301'.repeat(16_000)}`],
    ['apostrophes', `${"'".repeat(16_000)}é`],
    ['control characters', '\0\u0001\u200b\ufeff'.repeat(1_000)],
    ['a hundred kilobytes', 'reset my password '.repeat(6_000)],
  ])('a text of %s has a vector of length 1, or none', async (_, text) => {
    const embedder: StaticEmbedder = staticEmbedder();
    const vector = await embedder.embed(text);
    expect(vector === undefined || Math.abs(Math.hypot(...vector) - 1) < 1e-5).toBe(true);
    expect(await embedder.embed('reset my password')).toHaveLength(256);
  });

  it('a long word is split as its repeated parts are, however long it is', async () => {
    const { tokensOf } = await loadVectors();
    const [first] = tokensOf('xxxx'.repeat(40)).slice(-1);
    const tokens = tokensOf('x'.repeat(10_000));
    expect(tokens.slice(2, -2).every((token) => token === first)).toBe(true);
    expect(tokens.length).toBe(5_000);
  });

  it('a text of more than 16 384 units has no vector', () => {
    expect(staticEmbedder().embed('a '.repeat(8_193))).toBe(undefined);
  });

  it.each([
    ['another magic number', (bytes: Uint8Array) => bytes.fill(0, 0, 4)],
    ['a byte too few', (bytes: Uint8Array) => bytes.subarray(0, -1)],
    ['a header that is too long', (bytes: Uint8Array) => bytes.fill(255, 4, 8)],
    ['a vocabulary with a line too many', (bytes: Uint8Array) => bytes.fill(10, 300, 301)],
    ['nothing in it', () => new Uint8Array(0)],
  ])('a file with %s is refused', (_, spoil) => {
    expect(() => readTable(spoil(readFileSync(asset)))).toThrow('damaged');
  });
});
