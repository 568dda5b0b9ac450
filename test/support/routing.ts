/** How a gateway with the usual providers reads requests, for tests of parts that need that alone. */
import { createDirectory } from '../../packages/gateway/src/upstream/directory.ts';

const openaiBaseUrl = 'https://api.openai.com/v1';
const anthropicBaseUrl = 'https://api.anthropic.com';

export const usualRouting = {
  directory: createDirectory({
    openaiBaseUrl,
    anthropicBaseUrl,
    azureOpenaiEndpoint: undefined,
    providers: [],
  }),
  trustsHeaders: true,
  requestCacheControl: 'heed',
} as const;
