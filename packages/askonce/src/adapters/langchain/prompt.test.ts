import { HumanMessage, SystemMessage } from '@langchain/core/messages';
import { ChatPromptValue } from '@langchain/core/prompt_values';
import { describe, expect, it } from 'vitest';
import { isPartial, lastTurn } from './prompt.ts';

describe('the text of a prompt', () => {
  it.each(['image_url', 'image', 'audio', 'input_audio', 'video', 'file', 'document', 'media', 'input_file'])(
    'a prompt with a part of type %s is partial',
    (type) => {
      const part = { type, source: 'AAAA' };
      const message = new HumanMessage({ content: [{ type: 'text', text: 'What is this?' }, part] });
      expect(isPartial(new ChatPromptValue([message]).toString())).toBe(true);
    },
  );

  it.each([
    'What is the capital of France?',
    'See [guide](https://example.org/guide) and [1].',
    'A list [1, 2], a task [x], a choice [A].',
    'Two words [see below].',
  ])('a prompt of text alone is whole: %s', (prompt) => {
    expect(isPartial(prompt)).toBe(false);
  });

  it('the last turn of a user is what is asked, and all before it is apart', () => {
    const messages = [new SystemMessage('Be brief.'), new HumanMessage('Where\nis Lyon?')];
    expect(lastTurn(new ChatPromptValue(messages).toString())).toEqual({
      before: 'System: Be brief.\nHuman: ',
      text: 'Where\nis Lyon?',
    });
    expect(lastTurn('Human: Hello')).toEqual({ before: 'Human: ', text: 'Hello' });
  });

  it.each([
    'System: Be brief.',
    'Human: What is the weather?\nAI: [{"name":"weather"}]\nTool: 21 degrees',
    'Human: Hello\nAI: Hello',
    'Human: A line\ncritic: of another role',
    'Once upon a time',
  ])('a prompt that may not end with a user’s turn is not divided: %s', (prompt) => {
    expect(lastTurn(prompt)).toBeUndefined();
  });
});
