/**
 * The gateway's own settings, read together with the library's.
 */
import { type Setting, settingsTable } from 'askonce';
import { z } from 'zod';
import { address } from './address.ts';
import { configuredFallbacks } from './fallbacks.ts';
import { optional } from './optional.ts';
import { baseUrl, configuredProviders } from './providers.ts';
import { redisSettings } from './redis.ts';

const milliseconds = z.number().int().positive().max(86_400_000);

/** The gateway's own part of the settings. */
const gatewaySettings = {
  port: {
    env: ['ASKONCE_PORT'],
    schema: z.number().int().min(0).max(65_535),
    default: 8787,
    about: 'TCP port that the gateway listens on; 0 takes a free one.',
  },
  host: {
    env: ['ASKONCE_HOST'],
    schema: z.string().min(1).max(255),
    default: '127.0.0.1',
    about:
      'Address that the gateway listens on. On loopback only requests whose Host header names this machine are answered.',
  },
  dataDir: {
    env: ['ASKONCE_DATA_DIR'],
    schema: optional(z.string().min(1).max(4096)),
    default: undefined,
    about:
      'Folder of the kept answers and of the secret. Unset: `askonce` below $XDG_DATA_HOME, else ~/.local/share/askonce (Windows: %LOCALAPPDATA%\\askonce).',
  },
  openaiBaseUrl: {
    env: ['OPENAI_BASE_URL'],
    schema: baseUrl,
    default: 'https://api.openai.com/v1',
    about: 'Where OpenAI requests go, with its base path.',
  },
  anthropicBaseUrl: {
    env: ['ANTHROPIC_BASE_URL'],
    schema: baseUrl,
    default: 'https://api.anthropic.com',
    about: 'Where Anthropic requests go; /v1/messages and the like are added to it.',
  },
  providers: {
    env: ['ASKONCE_PROVIDERS'],
    schema: configuredProviders,
    default: [],
    about:
      'More providers, chosen by model: [{"name": "local", "protocol": "openai", "baseUrl": "http://127.0.0.1:8000/v1", "models": [{"prefix": "local/", "strip": true}, {"name": "fast", "as": "qwen3-8b"}]}]. Exact names go before prefixes, longer prefixes before shorter ones.',
  },
  fallbacks: {
    env: ['ASKONCE_FALLBACKS'],
    schema: configuredFallbacks,
    default: [],
    about:
      'Answers of your own for when a provider fails and nothing kept can stand in; the first that fits is given: [{"protocol": "openai-chat", "category": "greeting", "template": "hello", "model": "gpt-4o", "status": 200, "body": {"choices": []}, "stream": "data: [DONE]\\n\\n"}]. What is left out fits any.',
  },
  adminKey: {
    env: ['ASKONCE_ADMIN_KEY'],
    schema: optional(
      z.string().regex(/^[!-~]{16,1024}$/, 'must be 16 to 1024 printable ASCII characters without spaces'),
    ),
    default: undefined,
    about:
      'Key of the admin calls (`Authorization: Bearer KEY`), at least 16 characters. Unset: there are no admin calls.',
    secret: true,
  },
  adminListen: {
    env: ['ASKONCE_ADMIN_LISTEN'],
    schema: optional(address),
    default: undefined,
    about:
      'Address (host:port) of their own for the admin calls. They are on the public port, too, where that is loopback, and only there.',
  },
  bodyLimit: {
    env: ['ASKONCE_BODY_LIMIT'],
    schema: z
      .number()
      .int()
      .positive()
      .max(1024 ** 3),
    default: 32 * 1024 * 1024,
    about: 'Bytes that the request body of a cached route may have. Routes that pass through have no limit.',
  },
  connectTimeoutMs: {
    env: ['ASKONCE_CONNECT_TIMEOUT_MS'],
    schema: milliseconds,
    default: 10_000,
    about: 'Milliseconds that connecting to a provider may take.',
  },
  connectRetries: {
    env: ['ASKONCE_CONNECT_RETRIES'],
    schema: z.number().int().min(0).max(10),
    default: 2,
    about:
      'Further attempts where no connection to the provider could be made. Nothing that was sent is sent again.',
  },
  firstByteTimeoutMs: {
    env: ['ASKONCE_FIRST_BYTE_TIMEOUT_MS'],
    schema: milliseconds,
    default: 600_000,
    about: "Milliseconds until the provider's response headers must be there.",
  },
  betweenBytesTimeoutMs: {
    env: ['ASKONCE_BETWEEN_BYTES_TIMEOUT_MS'],
    schema: milliseconds,
    default: 120_000,
    about: "Milliseconds without a byte after which a provider's answer counts as broken off.",
  },
  requestTimeoutMs: {
    env: ['ASKONCE_REQUEST_TIMEOUT_MS'],
    schema: milliseconds,
    default: 60_000,
    about:
      'Milliseconds that a client may take to send the headers, and the body of a cached route; on other routes, milliseconds without a byte.',
  },
  shutdownTimeoutMs: {
    env: ['ASKONCE_SHUTDOWN_TIMEOUT_MS'],
    schema: milliseconds,
    default: 30_000,
    about: 'Milliseconds that replies under way get to end when the gateway is told to stop.',
  },
  maxConnections: {
    env: ['ASKONCE_MAX_CONNECTIONS'],
    schema: z.number().int().positive().max(1_000_000),
    default: 10_000,
    about: 'Client connections at a time; more are refused.',
  },
  maxHeaderBytes: {
    env: ['ASKONCE_MAX_HEADER_BYTES'],
    schema: z
      .number()
      .int()
      .min(4096)
      .max(1024 * 1024),
    default: 64 * 1024,
    about: 'Bytes that all headers of a request may have together.',
  },
  maxHeaders: {
    env: ['ASKONCE_MAX_HEADERS'],
    schema: z.number().int().min(16).max(2000),
    default: 256,
    about: 'Number of header lines that a request may have.',
  },
  allowedHosts: {
    env: ['ASKONCE_ALLOWED_HOSTS'],
    schema: z.array(z.string().min(1).max(255).toLowerCase()).max(64),
    default: [],
    about:
      'Further host names, without port, that requests may name in their Host header. On loopback they are allowed besides the loopback names; elsewhere, where any are listed, only they are.',
  },
  logLevel: {
    env: ['LOG_LEVEL'],
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    default: 'info',
    about: 'Least level of log lines (JSON, on stderr). At `debug` every request is a line.',
  },
  logBodies: {
    env: ['ASKONCE_LOG_BODIES'],
    schema: z.boolean(),
    default: false,
    about:
      'Whether debug lines hold the request bodies of cached routes (the first 16 384 characters; never those of sensitive requests). They are prompts: mind who reads the log.',
  },
} as const satisfies Record<string, Setting<unknown>>;

/** All settings of a gateway: the library's, and its own. */
export const gatewayTable = { ...settingsTable, ...redisSettings, ...gatewaySettings } as const;

type Table = typeof gatewayTable;

/** Checked settings of a gateway, all of them present. */
export type GatewaySettings = { readonly [Name in keyof Table]: z.output<Table[Name]['schema']> };

/** What a caller may give: any part of the settings. */
export type GatewaySettingsInput = {
  readonly [Name in keyof Table]?: z.input<Table[Name]['schema']> | undefined;
};
