/**
 * The text into which LangChain writes the messages of a prompt for its caches: a line `Human: …`, `AI: …`, `System: …`
 * for each.
 */

/**
 * What LangChain writes in place of the parts of a message that are no text: `[image]`, `[file]`, or the part's type.
 * Two prompts with different images are one text. A word that links to something (`[guide](…)`) is Markdown.
 */
const placeholder =
  /\[(?:image|audio|video|text-plain file|file|document|media)\]|\[[a-z][a-z]+(?:[_-]?[a-zA-Z0-9]+)*\](?!\()/;

/** Whether the text leaves out what the prompt has besides text, so that another prompt may have the same. */
export function isPartial(prompt: string): boolean {
  return placeholder.test(prompt);
}

const human = 'Human: ';

/** A line that may begin another message. What is one is not certain, since a message may have such a line. */
const anyRole = /\n[^\n:]{1,40}: /;

/** A prompt of messages, divided. */
export interface DividedPrompt {
  /** All up to the text of the last message. */
  readonly before: string;
  readonly text: string;
}

/** Divides a prompt before the text of its last message; undefined if that is not certain to be a user's. */
export function lastTurn(prompt: string): DividedPrompt | undefined {
  const line = prompt.lastIndexOf(`\n${human}`);
  if (line < 0 && !prompt.startsWith(human)) return undefined;
  const start = line < 0 ? human.length : line + 1 + human.length;
  const text = prompt.slice(start);
  return anyRole.test(text) ? undefined : { before: prompt.slice(0, start), text };
}
