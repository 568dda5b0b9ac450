/**
 * The gateway's own settings, read together with the library's.
 */
import { optional, requestCacheControls, type Setting, setting, settingsTable } from 'askonce/gateway-kit';
import { z } from 'zod';
import { accessSettings } from './access.ts';
import { captureSettings } from './capture.ts';
import { egressSettings } from './egress.ts';
import { configuredFallbacks } from './fallbacks.ts';
import { ledgerSettings } from './ledger.ts';
import { localModelSettings } from './local-model.ts';
import { maintenanceSettings } from './maintenance.ts';
import { metricsSettings } from './metrics.ts';
import { baseUrl, configuredProviders } from './providers.ts';
import { redisSettings } from './redis.ts';
import { semanticSettings } from './semantic.ts';
import { tracingSettings } from './tracing.ts';
import { warmingSettings } from './warming.ts';

const milliseconds = z.number().int().positive().max(86_400_000);
const megabyte = 1024 * 1024;

const gatewaySettings = {
  port: setting(
    'ASKONCE_PORT',
    z.number().int().min(0).max(65_535),
    8787,
    'TCP port that the gateway listens on; 0 takes a free one.',
  ),
  host: setting(
    'ASKONCE_HOST',
    z.string().min(1).max(255),
    '127.0.0.1',
    'Address that the gateway listens on. On loopback, only requests whose Host header names this machine are answered.',
  ),
  dataDir: setting(
    'ASKONCE_DATA_DIR',
    optional(z.string().min(1).max(4096)),
    undefined,
    'Folder of the stored answers and of the secret. Unset: `askonce` below $XDG_DATA_HOME, else ~/.local/share/askonce (Windows: %LOCALAPPDATA%\\askonce).',
  ),
  openaiBaseUrl: setting(
    'OPENAI_BASE_URL',
    baseUrl,
    'https://api.openai.com/v1',
    'Base URL of the OpenAI provider, with its path.',
  ),
  anthropicBaseUrl: setting(
    'ANTHROPIC_BASE_URL',
    baseUrl,
    'https://api.anthropic.com',
    'Base URL of the Anthropic provider; /v1/messages and the like are appended to it.',
  ),
  azureOpenaiEndpoint: setting(
    'AZURE_OPENAI_ENDPOINT',
    optional(baseUrl),
    undefined,
    "Base URL of the Azure OpenAI resource (https://NAME.openai.azure.com), to which paths below /openai/ go. Unset: the host of `openaiBaseUrl`, unless that is OpenAI's own; then there are no such paths.",
  ),
  providers: setting(
    'ASKONCE_PROVIDERS',
    configuredProviders,
    [],
    'Further providers, chosen by model: [{"name": "local", "protocol": "openai", "baseUrl": "http://127.0.0.1:8000/v1", "models": [{"prefix": "local/", "strip": true}, {"name": "fast", "as": "qwen3-8b"}]}]. Exact names take precedence over prefixes, longer prefixes over shorter ones.',
  ),
  fallbacks: setting(
    'ASKONCE_FALLBACKS',
    configuredFallbacks,
    [],
    'Answers of your own for requests that a provider fails and no stored answer can serve; the first match is returned: [{"protocol": "openai-chat", "category": "greeting", "template": "hello", "model": "gpt-4o", "status": 200, "body": {"choices": []}, "stream": "data: [DONE]\\n\\n"}]. An omitted field matches any request.',
  ),
  requestCacheControl: setting(
    'REQUEST_CACHE_CONTROL',
    z.enum(requestCacheControls),
    'heed',
    'How far the Cache-Control of requests is heeded. `heed`: every directive; `narrow`: only max-age, min-fresh and only-if-cached, so that a client library that sends no-cache or no-store with every request uses the cache all the same; `ignore`: none. Askonce-* headers always apply.',
  ),
  bodyLimit: setting(
    'ASKONCE_BODY_LIMIT',
    z
      .number()
      .int()
      .positive()
      .max(1024 * megabyte),
    32 * megabyte,
    'Maximum size of a request body on a cached route, in bytes. Routes that pass through have no limit.',
  ),
  connectTimeoutMs: setting(
    'ASKONCE_CONNECT_TIMEOUT_MS',
    milliseconds,
    10_000,
    'Maximum time to connect to a provider, in milliseconds.',
  ),
  connectRetries: setting(
    'ASKONCE_CONNECT_RETRIES',
    z.number().int().min(0).max(10),
    2,
    'Number of further attempts after a failed connection to a provider. A request that was sent is never sent again.',
  ),
  firstByteTimeoutMs: setting(
    'ASKONCE_FIRST_BYTE_TIMEOUT_MS',
    milliseconds,
    600_000,
    "Maximum wait for a provider's response headers, in milliseconds.",
  ),
  betweenBytesTimeoutMs: setting(
    'ASKONCE_BETWEEN_BYTES_TIMEOUT_MS',
    milliseconds,
    120_000,
    "Maximum pause within a provider's answer before it counts as broken off, in milliseconds.",
  ),
  requestTimeoutMs: setting(
    'ASKONCE_REQUEST_TIMEOUT_MS',
    milliseconds,
    60_000,
    'Maximum time for a client to send its headers, and its body on a cached route; on other routes, the maximum pause within the body. In milliseconds.',
  ),
  shutdownTimeoutMs: setting(
    'ASKONCE_SHUTDOWN_TIMEOUT_MS',
    milliseconds,
    30_000,
    'Maximum time for open replies to end after the gateway is asked to stop, in milliseconds.',
  ),
  maxConnections: setting(
    'ASKONCE_MAX_CONNECTIONS',
    z.number().int().positive().max(1_000_000),
    10_000,
    'Maximum number of client connections at a time; further ones are refused.',
  ),
  maxHeaderBytes: setting(
    'ASKONCE_MAX_HEADER_BYTES',
    z.number().int().min(4096).max(megabyte),
    64 * 1024,
    "Maximum size of a request's headers together, in bytes.",
  ),
  maxHeaders: setting(
    'ASKONCE_MAX_HEADERS',
    z.number().int().min(16).max(2000),
    256,
    'Maximum number of header lines in a request.',
  ),
  allowedHosts: setting(
    'ASKONCE_ALLOWED_HOSTS',
    z.array(z.string().min(1).max(255).toLowerCase()).max(64),
    [],
    'Host names, without port, that the Host header of a request may name. On loopback they are allowed beside the loopback names; elsewhere a non-empty list allows no other name.',
  ),
  logLevel: setting(
    'LOG_LEVEL',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    'Lowest level of log lines, on stderr: JSON, or text on a terminal. At `info` each request has one line (outcome, timings, tokens, request id; never a prompt); `warn` logs only trouble.',
  ),
  logBodies: setting(
    'ASKONCE_LOG_BODIES',
    z.boolean(),
    false,
    'Log the request bodies of cached routes at `debug` (the first 16 384 characters; never those of sensitive requests). They are prompts: consider who can read the log.',
  ),
} as const satisfies Record<string, Setting<unknown>>;

// Percentages are in the structured payloads of cached functions, and a gateway serves none.
const { percentagePaths: _paths, percentageStep: _step, ...cacheSettings } = settingsTable;

/** All settings of a gateway: the library's, as far as they have an effect there, and its own. */
export const gatewayTable = {
  ...cacheSettings,
  ...redisSettings,
  ...egressSettings,
  ...gatewaySettings,
  ...accessSettings,
  ...semanticSettings,
  ...localModelSettings,
  ...captureSettings,
  ...maintenanceSettings,
  ...metricsSettings,
  ...ledgerSettings,
  ...tracingSettings,
  ...warmingSettings,
} as const;

type Table = typeof gatewayTable;

/** Checked settings of a gateway, all of them present. */
export type GatewaySettings = { readonly [Name in keyof Table]: z.output<Table[Name]['schema']> };

/** Any part of the settings, as a caller gives them. */
export type GatewaySettingsInput = {
  readonly [Name in keyof Table]?: z.input<Table[Name]['schema']> | undefined;
};
