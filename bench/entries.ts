/** Entries for the benchmarks of stores. */
import { createCache, type Entry } from 'askonce';
import { answering, chatBody, chatRequest } from './requests.ts';

/** An entry as the cache makes them. */
export async function someEntry(): Promise<Entry> {
  const cache = createCache();
  const request = chatRequest(JSON.stringify(chatBody()));
  await cache.ask(request, answering);
  const entry = await cache.get(request);
  await cache.close();
  if (entry === undefined) throw new Error('nothing was kept');
  return entry;
}
