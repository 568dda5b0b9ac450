import { DisplayString, parseItem } from 'structured-headers';
import { describe, expect, it } from 'vitest';
import { askonceHeaders } from './askonce-headers.ts';
import { addSemanticHeaders } from './semantic-headers.ts';

describe('Askonce-Semantic', () => {
  it.each([
    ['off', { off: true }],
    ['OFF', { off: true }],
    ['off=?0', { off: false }],
    ['max-error=0.005', { maxErrorRate: 0.005 }],
    ['max-error=0', { maxErrorRate: 0 }],
    ['question,max-error=0.01;note', { question: true, maxErrorRate: 0.01 }],
  ])('%s is read as a dictionary', (text, directives) => {
    expect(askonceHeaders.semantic({ 'askonce-semantic': text })).toEqual(directives);
  });

  it('lines of one header are one dictionary', () => {
    expect(askonceHeaders.semantic({ 'askonce-semantic': ['question', 'max-error=0.1'] })).toEqual({
      question: true,
      maxErrorRate: 0.1,
    });
  });

  it('the message for a wrong rate says what is allowed', () => {
    expect(() => askonceHeaders.semantic({ 'askonce-semantic': 'max-error=2' })).toThrow(
      'The header Askonce-Semantic is wrong: must have a max-error from 0 to 1, with at most three decimals.',
    );
  });
});

function headersOf(hit: Parameters<typeof addSemanticHeaders>[1]): Record<string, unknown> {
  const headers = {};
  addSemanticHeaders(headers, hit);
  return headers;
}

describe('the headers of a semantic hit', () => {
  it('the similarity has three digits, and only identical text has 1', () => {
    expect(headersOf({ similarity: 0.957, match: 'm_1-a' })).toEqual({
      'askonce-similarity': '0.957',
      'askonce-match': 'm_1-a',
    });
    expect(headersOf({ similarity: 0.999_8 })['askonce-similarity']).toBe('0.999');
    expect(headersOf({ similarity: 1 })['askonce-similarity']).toBe('1.000');
  });

  it.each([
    ['How do I reset my password?', 'How do I reset my password?'],
    ['¿Cómo "restablezco"\r\n %mi\u0000contraseña?\n', '¿Cómo "restablezco" %mi contraseña?'],
    ['😀'.repeat(120), '😀'.repeat(120)],
    ['ш'.repeat(121), `${'ш'.repeat(119)}…`],
    ['a\ud800b', 'a\ufffdb'],
  ])('the question %j is a display string of at most 120 characters', (question, shown) => {
    const text = String(headersOf({ similarity: 0.9, question })['askonce-question']);
    expect(text).toMatch(/^%"[ -~]*"$/);
    const [value] = parseItem(text);
    expect(value instanceof DisplayString && value.toString()).toBe(shown);
  });
});
