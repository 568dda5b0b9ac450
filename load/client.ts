/** Asks a gateway, and reads how many calls a provider has had. */
import { type Agent, request } from 'undici';
import { chatHeaders, chatPath } from '../bench/load.ts';
import type { Running } from '../bench/processes.ts';
import { chatText } from '../bench/requests.ts';

/** No answer takes longer, on whatever machine, in ms; so a load test always ends. */
const timeoutMs = 20_000;

export interface Answer {
  readonly isHit: boolean;
  /** Whether it is no complete answer with status 200. */
  readonly failed: boolean;
}

/** Asks question number `n` of a gateway. */
export async function ask({ url }: Pick<Running, 'url'>, n: number, dispatcher: Agent): Promise<Answer> {
  try {
    const options = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, headers: chatHeaders, dispatcher };
    const answer = await request(url + chatPath, { ...options, method: 'POST', body: chatText(n) });
    const text = await answer.body.text();
    const isHit = /; *hit/.test(String(answer.headers['cache-status']));
    return { isHit, failed: answer.statusCode !== 200 || !text.endsWith('}') };
  } catch {
    return { isHit: false, failed: true };
  }
}

/** Calls that the provider has had so far. */
export async function callsOf(provider: Running): Promise<number> {
  const answer = await request(`${provider.url}/calls`, { headersTimeout: timeoutMs });
  return Number(await answer.body.text());
}
