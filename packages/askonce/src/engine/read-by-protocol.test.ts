import { describe, expect, it } from 'vitest';
import { bodyOf } from '../../../../test/support/provider-recordings.ts';
import { protocols } from '../protocol/protocols.ts';
import { answerTextIn } from './read-by-protocol.ts';

const engine = { finishWords: new Map() };
const chat = protocols['openai-chat'];
const answer = (reason: string) =>
  bodyOf(JSON.stringify({ choices: [{ index: 0, message: { content: 'Paris.' }, finish_reason: reason }] }));

describe('the text of an answer, by its protocol', () => {
  it('only a successful answer that came to a natural end has a text', () => {
    expect(answerTextIn(engine, chat, answer('stop'))).toBe('Paris.');
    expect(answerTextIn(engine, chat, answer('length'))).toBe(undefined);
    expect(answerTextIn(engine, chat, { ...answer('stop'), status: 500 })).toBe(undefined);
    expect(answerTextIn(engine, chat, bodyOf('{"choices":'))).toBe(undefined);
  });

  it('a protocol that reads no texts, or throws while it reads one, has none', () => {
    const { answerText: _, ...silent } = chat;
    expect(answerTextIn(engine, silent, answer('stop'))).toBe(undefined);
    const throwing = {
      ...chat,
      answerText() {
        throw new RangeError('too deep');
      },
    };
    expect(answerTextIn(engine, throwing, answer('stop'))).toBe(undefined);
  });
});
