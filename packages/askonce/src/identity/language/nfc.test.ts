import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chatRequest, identityOf } from '../../../../../test/support/identify.ts';
import { hasManyMarks, nfc } from './nfc.ts';
import { normalizeQuestion } from './normalize.ts';

const outOfOrder = '\u0301\u0323';
const astral = '\u{1d165}';

it.each([
  ['none', '', false],
  ['thirty', outOfOrder.repeat(15), false],
  ['thirty-one', `${outOfOrder.repeat(15)}\u0301`, true],
  ['thirty beyond the basic plane', astral.repeat(30), false],
  ['thirty-one beyond the basic plane', astral.repeat(31), true],
])('marks that follow each other are many from thirty-one on: %s', (_many, marks, isMany) => {
  for (let before = 0; before < 25; before++) {
    const text = `${'x'.repeat(before)}a${marks}b`;
    expect(hasManyMarks(text)).toBe(isMany);
    expect(nfc(text)).toBe(isMany ? text : text.normalize('NFC'));
    expect(nfc(`e\u0301${text}e\u0301`)).toBe(`\u00e9${nfc(text)}\u00e9`);
  }
});

it('many marks are found wherever a plain search finds them', () => {
  const piece = fc.oneof(
    fc.constantFrom('a', '\u0439', '\u{1f600}', '\ud800', ' ', '\u0e31', '\u0903'),
    fc.integer({ min: 1, max: 40 }).map((count) => outOfOrder.repeat(20).slice(0, count)),
    fc.integer({ min: 1, max: 40 }).map((count) => astral.repeat(count)),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      (text) => {
        expect(hasManyMarks(text)).toBe(/\p{M}{31}/u.test(text));
      },
    ),
    { numRuns: 5_000 },
  );
});

// In time that grows with the square of their number, this would take minutes.
it('many thousands of marks out of order are read in linear time', () => {
  const marks = outOfOrder.repeat(200_000);
  for (const text of [`a${marks}`, `à${marks}na`, `ש${'\u05b0\u05c1'.repeat(200_000)}`]) {
    expect(nfc(text)).toBe(text);
    for (const language of ['und', 'es', 'pt', 'he']) expect(normalizeQuestion(text, language)).toBe(text);
    const content = (more: string) => ({ model: 'm', messages: [{ role: 'user', content: text + more }] });
    const [one, other] = [identityOf(chatRequest(content('a'))), identityOf(chatRequest(content('b')))];
    expect(one.key).not.toBe(other.key);
  }
});

it('marks that are many only once invisible signs between them are gone stay in the order that they had', () => {
  const once = normalizeQuestion(`a${'\u200b\u0301\u0323'.repeat(200_000)}`, 'es');
  expect(once).toBe(`a${'\u0323\u0301'.repeat(200_000)}`);
  expect(normalizeQuestion(once, 'es')).toBe(once);
});
