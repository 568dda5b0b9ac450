/**
 * The settings of warming: how fast it asks, which model, and with which keys.
 */
import { optional, type Setting, secretSetting, setting } from 'askonce/gateway-kit';
import { z } from 'zod';

const key = z.string().regex(/^[!-~]{1,4096}$/, 'must be printable ASCII without spaces');

export const warmingSettings = {
  warmConcurrency: setting(
    'WARM_CONCURRENCY',
    z.number().int().min(1).max(64),
    3,
    'Number of questions that warming looks up or asks at a time.',
  ),
  warmPerSecond: setting(
    'WARM_PER_SECOND',
    z.number().min(0.01).max(1000),
    1,
    'Provider calls that warming makes per second. A question whose answer is stored costs none.',
  ),
  warmModel: setting(
    'WARM_MODEL',
    optional(z.string().min(1).max(256)),
    undefined,
    'Model of the questions that warming asks, where they name none. Unset: each must name one.',
  ),
  openaiApiKey: secretSetting(
    'OPENAI_API_KEY',
    optional(key),
    undefined,
    'Key with which warming asks the OpenAI provider (`openaiBaseUrl`). It is sent for no other request: clients bring their own.',
  ),
  anthropicApiKey: secretSetting(
    'ANTHROPIC_API_KEY',
    optional(key),
    undefined,
    'Key with which warming asks the Anthropic provider (`anthropicBaseUrl`). It is sent for no other request: clients bring their own.',
  ),
  openaiOrganization: setting(
    'OPENAI_ORG_ID',
    optional(key),
    undefined,
    'Organisation that warming names to the OpenAI provider, as a client of OpenAI does that finds this variable.',
  ),
  openaiProject: setting(
    'OPENAI_PROJECT_ID',
    optional(key),
    undefined,
    'Project that warming names to the OpenAI provider, as a client of OpenAI does that finds this variable.',
  ),
  warmAnthropicVersion: setting(
    'WARM_ANTHROPIC_VERSION',
    z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date, such as 2026-10-21'),
    '2026-10-21',
    "Version of Anthropic's API that warming asks with, which must be the one that the application's client sends. The default is that of Anthropic's own client 1.11; others send 2023-06-01.",
  ),
  warmAnthropicKeyHeader: setting(
    'WARM_ANTHROPIC_KEY_HEADER',
    z.enum(['authorization', 'x-api-key']),
    'authorization',
    "Header in which warming sends Anthropic's key, which must be the one that the application's client uses: a key in another header is another credential.",
  ),
  warmApiKeys: secretSetting(
    'WARM_API_KEYS',
    z.record(z.string().min(1).max(64), z.union([key, z.literal('')])),
    {},
    'Keys with which warming asks providers, by their names (`openai`, `anthropic`, and those of `providers`): {"local": "sk-…"}. They go before OPENAI_API_KEY and ANTHROPIC_API_KEY; an empty one is for a provider that asks for none.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
