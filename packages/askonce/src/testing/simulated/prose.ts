/**
 * Text that reads like an answer to a question: 30 to 120 tokens, the same for equal random numbers.
 */
import type { SeededRandom } from './random.ts';

const openings = [
  'Good question.',
  'Here is what I can tell you.',
  'Yes, gladly.',
  'In short:',
  'It depends a little on your case.',
  'Thank you for asking.',
] as const;

const subjects = [
  'most people',
  'the standard way',
  'a short look at the settings page',
  'the simplest answer',
  'our usual advice',
  'the first step',
  'what helps here',
  'the safest choice',
] as const;

const claims = [
  'works in nearly every case',
  'takes only a few minutes',
  'is to start small and look at the result',
  'needs no more than what you already have',
  'is described in the second section of the guide',
  'can be undone at any time',
  'stays the same on weekends and holidays',
  'is worth trying before anything else',
  'costs nothing extra',
  'becomes clear once you have seen an example',
] as const;

const links = [
  'As a rule,',
  'Besides,',
  'After that,',
  'For comparison,',
  'If in doubt,',
  'In practice,',
] as const;

const closings = [
  'Let me know if you would like more detail.',
  'Does that help?',
  'I hope that answers it.',
  'Tell me more about your case and I can be more precise.',
] as const;

export function prose(question: string, random: SeededRandom): string {
  const least = random.between(120, 300);
  const sentences: string[] = [random.pick(openings), `You asked about “${topic(question)}”.`];
  while (sentences.join(' ').length < least) {
    sentences.push(`${random.pick(links)} ${random.pick(subjects)} ${random.pick(claims)}.`);
  }
  sentences.push(random.pick(closings));
  return sentences.join(' ');
}

/** The words of a text, without punctuation. */
export function wordsOf(text: string): string[] {
  return text.slice(0, 4_000).match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? [];
}

/** The beginning of the question, at most 40 characters. */
function topic(question: string): string {
  let line = '';
  for (const word of wordsOf(question)) {
    if (line.length + word.length > 39) break;
    line += line === '' ? word : ` ${word}`;
  }
  return line === '' ? 'this' : line;
}
