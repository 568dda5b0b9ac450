/**
 * Sends spans to a collector, by OTLP over HTTP. What the collector does costs no request anything: spans wait in a
 * bounded queue, and are dropped beyond it.
 */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import type { GatewayLog } from '../log/log.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { collectorHeaders, collectorUrl } from './collector.ts';

export function exportingProcessor(
  settings: GatewaySettings,
  log: Pick<GatewayLog, 'warnSeldom'>,
): SpanProcessor {
  const exporter = new OTLPTraceExporter({
    url: collectorUrl(settings),
    headers: collectorHeaders(settings),
    timeoutMillis: settings.otlpTimeoutMs,
  });
  return new BatchSpanProcessor({
    exporter: warning(exporter, settings, log),
    scheduledDelayMillis: settings.spanDelayMs,
    exportTimeoutMillis: settings.spanExportMs,
    maxQueueSize: settings.spanQueueSize,
    maxExportBatchSize: Math.min(settings.spanBatchSize, settings.spanQueueSize),
  });
}

/** The same exporter; a batch that is lost is logged, at most once a minute. */
function warning(
  exporter: OTLPTraceExporter,
  settings: GatewaySettings,
  log: Pick<GatewayLog, 'warnSeldom'>,
): SpanExporter {
  const { host } = new URL(collectorUrl(settings));
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.error !== undefined)
          log.warnSeldom('traces', 'spans could not be sent; requests go on without traces', {
            collector: host,
            spans: spans.length,
            // The answer of the collector may repeat what it was sent.
            reason: result.error.message.slice(0, 200),
          });
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}
