/** A question and an answer so small that a million of them take less than 2 GB, the default bound of a SQLite file. */
export const smallQuestion = {
  question: { model: 'gpt-4o', messages: [{ role: 'user', content: 'Where is it?' }] },
  answer: Buffer.from(
    '{"id":"1","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"In Lyon."},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}',
  ),
} as const;
