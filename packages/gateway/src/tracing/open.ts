/**
 * Opens the traces of a gateway: the SDK, the exporter, and what makes the spans. Nothing is registered for the process, so
 * that several gateways in one keep apart.
 */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Context, ROOT_CONTEXT } from '@opentelemetry/api';
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { CacheRequest, Clock } from 'askonce';
import { within } from 'askonce/gateway-kit';
import { instants, tracing } from 'askonce/opentelemetry';
import type { GatewayLog } from '../log/log.ts';
import { packageVersion } from '../metrics/version.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { collectorUrl, pairsOf } from './collector.ts';
import type { GatewayTracing } from './contract.ts';
import { exportingProcessor } from './exporter.ts';
import { tracedPassage } from './passage.ts';
import { samplerOf } from './sampler.ts';
import { noteReply, noteRoute, type ServerSpan, serverSpan } from './server-spans.ts';

interface TracingPlaces {
  readonly settings: GatewaySettings;
  readonly clock: Clock;
  readonly log: GatewayLog;
}

/** A collector that does not answer holds a stop up no longer than this, in ms. */
const maxFlushMs = 5_000;

export function openTracing({ settings, clock, log }: TracingPlaces): GatewayTracing {
  const version = packageVersion();
  const provider = new TracerProvider({
    resource: resourceOf(settings, version),
    sampler: samplerOf(settings, () =>
      log.warn(
        `tracesSampler (OTEL_TRACES_SAMPLER): there is no sampler ${JSON.stringify(settings.tracesSampler)}; parentbased_always_on is used`,
      ),
    ),
    spanProcessors: [exportingProcessor(settings, log)],
  });
  const tracer = provider.getTracer('askonce', version);
  const times = instants(clock);
  const served = new WeakMap<IncomingMessage, ServerSpan>();
  const askedIn = new WeakMap<CacheRequest, Context>();
  const contextOf = (asked: CacheRequest) => askedIn.get(asked) ?? ROOT_CONTEXT;
  log.info(`traces go to ${new URL(collectorUrl(settings)).host}`);

  return {
    cache: tracing({ tracer, contextOf, instants: times }),
    begin(request, response) {
      const span = serverSpan(tracer, times, request, response);
      if (span !== undefined) served.set(request, span);
    },
    asks(request, route, asked) {
      const span = served.get(request);
      if (span === undefined) return;
      noteRoute(span, request, route);
      askedIn.set(asked, span.context);
    },
    replies(request, reply) {
      const span = served.get(request);
      if (span !== undefined) noteReply(span, reply);
    },
    passes: (request, call) =>
      tracedPassage(tracer, times, served.get(request)?.context ?? ROOT_CONTEXT, call),
    traceIdOf: (request) => served.get(request)?.span.spanContext().traceId,
    async close(timeoutMs) {
      const ending = provider.shutdown().catch(() => {});
      await within(clock, Math.min(timeoutMs, maxFlushMs), ending);
    },
  };
}

function resourceOf(settings: GatewaySettings, version: string): Resource {
  return defaultResource().merge(
    resourceFromAttributes({
      'service.version': version,
      'service.instance.id': randomUUID(),
      ...pairsOf(settings.otelResourceAttributes ?? ''),
      'service.name': settings.otelServiceName,
    }),
  );
}
