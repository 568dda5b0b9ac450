/** Questions by name, for a process that stores their answers and another that finds what is left. */
import type { Cache } from 'askonce';
import { chat, completion, json } from './chat.ts';

export const removedTag = 'catalogue=spring';
export const removedAtOnce = 300;

const named = (name: string, tags: readonly string[] = []) => chat({ question: name, context: { tags } });

export const isStored = async (cache: Cache, name: string): Promise<boolean> =>
  (await cache.get(named(name))) !== undefined;

/** Stores the answer to a question. */
export async function store(cache: Cache, name: string, tags: readonly string[] = []): Promise<void> {
  const answer = { form: 'body', status: 200, headers: json, body: Buffer.from(completion()) } as const;
  if (!(await cache.set(named(name, tags), answer))) throw new Error(`the answer to ${name} was not stored`);
}
