/** Checks that the collector of traces takes what is sent to it. An export without spans is posted. */
import type { Clock } from 'askonce';
import { tooSlow, within } from 'askonce/gateway-kit';
import type { GatewaySettings } from '../settings/table.ts';
import { collectorHeaders, collectorUrl } from '../tracing/collector.ts';
import type { UpstreamClient } from '../upstream/client.ts';
import { type Check, messageOf } from './check.ts';

/** No check where there are no traces. */
export async function traceChecks(
  settings: GatewaySettings,
  client: Pick<UpstreamClient, 'send'>,
  clock: Clock,
): Promise<readonly Check[]> {
  if (settings.traces === 'off' || settings.otelSdkDisabled) return [];
  const what = 'traces';
  const { origin, pathname } = new URL(collectorUrl(settings));
  const began = clock.monotonic();
  const failed = (message: string): readonly Check[] => [
    { state: 'fail', what, message: `${origin}: ${message}; requests go on without traces` },
  ];
  try {
    const sending = client.send({
      origin,
      path: pathname,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...collectorHeaders(settings) },
      body: '{"resourceSpans":[]}',
    });
    const answer = await within(clock, settings.otlpTimeoutMs, sending);
    if (answer === tooSlow) return failed(`no answer within ${settings.otlpTimeoutMs} ms (otlpTimeoutMs)`);
    answer.body.resume();
    const ms = Math.round(clock.monotonic() - began);
    return answer.status < 300
      ? [{ state: 'ok', what, message: `${origin} takes them, ${ms} ms` }]
      : failed(`status ${answer.status}; check OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS`);
  } catch (error) {
    return failed(messageOf(error));
  }
}
