/** Answers that say which meaning they answer, so that the truth of a hit can be seen from it. */
import { z } from 'zod';

const answerSchema = z.object({
  choices: z.tuple([z.object({ message: z.object({ content: z.string() }) })]),
});

export function answerOf(meaning: string): string {
  return `This is the answer to ${meaning}.`;
}

/** The body of a chat completion with that text. */
export function completionOf(content: string): string {
  return JSON.stringify({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 30, completion_tokens: 10, total_tokens: 40 },
  });
}

/** The text of a chat completion. */
export function textOfCompletion(body: string): string {
  const [{ message }] = answerSchema.parse(JSON.parse(body)).choices;
  return message.content;
}

/** The body of a chat request that asks a question. */
export function questionBody(text: string): string {
  return JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: text }] });
}
