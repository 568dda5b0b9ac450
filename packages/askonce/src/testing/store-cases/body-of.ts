/** The body of the entry under a key, as Latin-1 text. */
import type { Store } from '../../store/contract.ts';

export async function bodyOf(store: Store, key: string): Promise<string | undefined> {
  const found = await store.get(key);
  return found === undefined ? undefined : Buffer.from(found.entry.recording.body).toString('latin1');
}
