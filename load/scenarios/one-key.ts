/** A hundred callers ask the same at once: the provider is called once. */
import { Agent } from 'undici';
import { startGateway, startServer } from '../../bench/processes.ts';
import { ask, callsOf } from '../client.ts';
import { counted, type Finding } from '../findings.ts';

const callers = 100;
/** Long enough that all callers are there before the provider has answered, also on a busy machine, in ms. */
const providerMs = 1000;

export async function oneKey(): Promise<readonly Finding[]> {
  const provider = await startServer('counting-upstream', String(providerMs));
  const gateway = await startGateway(provider.url);
  const agent = new Agent({ connections: callers });
  try {
    const answers = await Promise.all(Array.from({ length: callers }, () => ask(gateway, 0, agent)));
    const failed = answers.filter((answer) => answer.failed).length;
    return [
      counted('one key', `provider calls of ${callers} callers at once`, await callsOf(provider), 1),
      counted('one key', 'failed answers', failed, 0),
    ];
  } finally {
    await agent.destroy();
    await gateway.stop();
    await provider.stop();
  }
}
