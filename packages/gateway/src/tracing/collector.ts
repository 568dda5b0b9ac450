/**
 * The collector of traces, as OpenTelemetry's environment variables name it.
 */
import type { GatewaySettings } from '../settings/table.ts';

type CollectorSettings = Pick<GatewaySettings, 'otlpEndpoint' | 'otlpTracesEndpoint' | 'otlpHeaders'>;

/** Where spans are posted. */
export function collectorUrl({ otlpEndpoint, otlpTracesEndpoint }: CollectorSettings): string {
  return otlpTracesEndpoint ?? `${otlpEndpoint}/v1/traces`;
}

/** Headers that are posted with them; they may hold a key. */
export function collectorHeaders({ otlpHeaders = '' }: CollectorSettings): Record<string, string> {
  return pairsOf(otlpHeaders);
}

/**
 * Reads `name=value,name=value`, with values percent-encoded (W3C Baggage, section 3.2). What is no pair is left out, as
 * OpenTelemetry's specification has it.
 */
export function pairsOf(list: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const member of list.split(',')) {
    const at = member.indexOf('=');
    const name = member.slice(0, Math.max(0, at)).trim();
    if (name !== '') pairs[name] = decoded(member.slice(at + 1).trim());
  }
  return pairs;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
