/**
 * The samplers that `OTEL_TRACES_SAMPLER` names.
 */
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { GatewaySettings } from '../settings/table.ts';

type SamplerSettings = Pick<GatewaySettings, 'tracesSampler' | 'tracesSamplerArg'>;

/** @param onUnknown called if there is no such sampler; then all traces are recorded that the caller records, or begins. */
export function samplerOf(settings: SamplerSettings, onUnknown: () => void): Sampler {
  const name = settings.tracesSampler.trim().toLowerCase();
  const root = rootSampler(name.replace(/^parentbased_/, ''), settings);
  if (root === undefined) onUnknown();
  const isPlain = root !== undefined && !name.startsWith('parentbased_');
  return isPlain ? root : new ParentBasedSampler({ root: root ?? new AlwaysOnSampler() });
}

function rootSampler(name: string, { tracesSamplerArg }: SamplerSettings): Sampler | undefined {
  if (name === 'always_on') return new AlwaysOnSampler();
  if (name === 'always_off') return new AlwaysOffSampler();
  return name === 'traceidratio' ? new TraceIdRatioBasedSampler(tracesSamplerArg) : undefined;
}
