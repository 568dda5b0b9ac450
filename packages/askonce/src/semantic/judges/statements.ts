/**
 * An answer as its statements: its sentences and the items of its lists, without the marks of Markdown.
 */
import { nfc } from '../../identity/language/nfc.ts';
import { contentWordsOf } from '../text/words.ts';

export interface Statement {
  readonly text: string;
  /** Words that carry meaning. */
  readonly weight: number;
}

/** More than any answer that is worth comparing sentence by sentence. */
const maxStatements = 64;

const fence = /^\s*(?:```|~~~)/m;
/** Marks at the beginning of a line: a heading, a quotation, an item of a list. */
const lineMark = /^[\s>#]*(?:[-*+•–]\s+|\(?\d{1,3}[.)]\s+)?/;
const inlineMarks = /\*\*|__|`|(?<![\p{L}\p{N}])[*_]|[*_](?![\p{L}\p{N}])/gu;
const sentenceEnd = /(?<=[.!?…][)"'”’»]*)\s+(?=[\p{Lu}\p{Lo}\p{N}¿¡"'“«(])/u;

/** Undefined if the answer has code or too many statements: then it cannot be compared sentence by sentence. */
export function statementsOf(answer: string, language: string): readonly Statement[] | undefined {
  if (fence.test(answer)) return undefined;
  const statements = answer
    .split('\n')
    .flatMap((line) => plain(line).split(sentenceEnd))
    .map((text) => text.trim())
    .filter((text) => /[\p{L}\p{N}]/u.test(text))
    .map((text) => ({ text, weight: contentWordsOf(text, language).length }));
  return statements.length > maxStatements ? undefined : statements;
}

/** The answer as one line without marks, for telling whether two are the same text. */
export function plainAnswer(answer: string): string {
  const lines = answer.split('\n').map((line) => plain(line).trim());
  return nfc(lines.filter((line) => line !== '').join(' ')).replace(/\s+/g, ' ');
}

function plain(line: string): string {
  return line.replace(lineMark, '').replace(inlineMarks, '');
}
