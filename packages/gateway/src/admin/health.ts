/** How the gateway is, part by part. */
/** One part; what it tells beside its status is its own. */
export interface ComponentHealth {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly [detail: string]: unknown;
}

export interface HealthReport {
  readonly status: 'ok' | 'degraded';
  readonly components: Readonly<Record<string, ComponentHealth>>;
}

/** A part in trouble costs hits, not answers: the whole is degraded, and no load balancer should take it out. */
export function reportOf(components: Readonly<Record<string, ComponentHealth>>): HealthReport {
  const isWell = Object.values(components).every(({ status }) => status === 'ok');
  return { status: isWell ? 'ok' : 'degraded', components };
}
