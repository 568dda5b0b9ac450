/**
 * A simulated provider for the tests of a file, and the official clients in front of it.
 */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startSimulatedProvider } from '../../packages/askonce/src/testing/simulated-provider.ts';

export async function startSimulatedClients() {
  const provider = await startSimulatedProvider();
  return {
    provider,
    openai: new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'sk-simulated', maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: provider.url, apiKey: 'sk-simulated', maxRetries: 0 }),
  };
}

export const model = 'gpt-4.1-mini';
export const ask = (content: string) => [{ role: 'user' as const, content }];
/** The arguments with which the simulated model calls {@link weatherParameters}: `{"city":"Lisbon"}`. */
export const messages = ask('What is the weather in Lisbon?');
export const weatherParameters = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
};
