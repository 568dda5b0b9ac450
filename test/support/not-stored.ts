/**
 * Recordings that are not a complete answer.
 */

/** The type of the end mark in files with several answers: the first answer ends there, and is all that is passed on and stored. */
export const severalAnswers: Readonly<Record<string, string>> = {
  'anthropic-programmatic-tool-calling.1.events.jsonl': 'message_stop',
  'anthropic-tool-search-bm25.1.events.jsonl': 'message_stop',
  'anthropic-tool-search-deferred-bm25.events.jsonl': 'message_stop',
  'openai-shell-tool.1.events.jsonl': 'response.completed',
};

/** Why, by the file's name. All others are stored. */
export const notStored: Readonly<Record<string, string>> = {
  'anthropic-programmatic-tool-calling.1.events.jsonl': 'many answers in one file',
  'anthropic-refusal.events.jsonl': 'refused',
  'anthropic-refusal.json': 'refused',
  'anthropic-tool-search-bm25.1.events.jsonl': 'two answers in one file',
  'anthropic-tool-search-deferred-bm25.events.jsonl': 'three answers in one file',
  'duplicate-message-start.events.jsonl': 'begins twice',
  'spliced-message-start.events.jsonl': 'begins in the middle of another',
  'openai-completion-text.events.jsonl': 'cut by its limit on tokens',
  'openai-completion-text.json': 'cut by its limit on tokens',
  'openai-error.1.events.jsonl': 'failed',
  'openai-error.1.json': 'failed',
  'openai-shell-tool.1.events.jsonl': 'two answers in one file',
  'parallel-tool-call-wrapper.1.events.jsonl': 'events that are no JSON',
  'reasoning-model-temperature-error.json': 'an error',
};
