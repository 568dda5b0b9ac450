/**
 * The settings of traces. All but the first are OpenTelemetry's own environment variables; they do nothing while traces
 * are off. A sampler that is not known here is not refused: the variables may be set for other programs of the machine.
 */
import { optional, type Setting, secretSetting, setting } from 'askonce/gateway-kit';
import { z } from 'zod';
import { baseUrl } from './providers.ts';

const milliseconds = z.number().int().positive().max(3_600_000);
const spans = z.number().int().positive().max(100_000);
const pairs = z.string().max(8192);

export const tracingSettings = {
  traces: setting(
    'ASKONCE_TRACES',
    z.enum(['off', 'otlp']),
    'off',
    'Where spans of OpenTelemetry go. `off`: there are none, and nothing of OpenTelemetry is loaded; `otlp`: to a collector, by OTLP over HTTP as JSON.',
  ),
  otlpEndpoint: setting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    baseUrl,
    'http://localhost:4318',
    'Base URL of the collector; /v1/traces is appended to it.',
  ),
  otlpTracesEndpoint: setting(
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    optional(baseUrl),
    undefined,
    'URL to which traces are posted, used as it is. Unset: by OTEL_EXPORTER_OTLP_ENDPOINT.',
  ),
  otlpHeaders: secretSetting(
    'OTEL_EXPORTER_OTLP_HEADERS',
    optional(pairs),
    undefined,
    'Headers for the collector: `name=value,name=value`, with values percent-encoded. They may hold a key.',
  ),
  otlpTimeoutMs: setting(
    'OTEL_EXPORTER_OTLP_TIMEOUT',
    milliseconds,
    10_000,
    'Maximum time to send one batch of spans, in milliseconds.',
  ),
  otelServiceName: setting(
    'OTEL_SERVICE_NAME',
    z.string().min(1).max(256),
    'askonce',
    'Name of this service in traces.',
  ),
  otelResourceAttributes: setting(
    'OTEL_RESOURCE_ATTRIBUTES',
    optional(pairs),
    undefined,
    'Attributes of this gateway in traces: `deployment.environment.name=production,service.namespace=ai`, with values percent-encoded.',
  ),
  tracesSampler: setting(
    'OTEL_TRACES_SAMPLER',
    z.string().max(64),
    'parentbased_always_on',
    'Which traces are recorded: `always_on`, `always_off`, `traceidratio`, or the same with `parentbased_` before it, which follows the caller where that has decided. Any other word is logged, and means the default.',
  ),
  tracesSamplerArg: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    z.number().min(0).max(1),
    1,
    'Share of traces that `traceidratio` records, from 0 to 1.',
  ),
  otelSdkDisabled: setting(
    'OTEL_SDK_DISABLED',
    z.boolean(),
    false,
    'Turn traces off, whatever ASKONCE_TRACES says.',
  ),
  spanDelayMs: setting(
    'OTEL_BSP_SCHEDULE_DELAY',
    milliseconds,
    5_000,
    'Time between two batches of spans, in milliseconds.',
  ),
  spanExportMs: setting(
    'OTEL_BSP_EXPORT_TIMEOUT',
    milliseconds,
    30_000,
    'Maximum time until a batch is given up, with all attempts to send it, in milliseconds.',
  ),
  spanQueueSize: setting(
    'OTEL_BSP_MAX_QUEUE_SIZE',
    spans,
    2_048,
    'Number of spans that wait to be sent, at most; further ones are dropped.',
  ),
  spanBatchSize: setting(
    'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
    spans,
    512,
    'Number of spans in a batch, at most.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
