/**
 * The setting of metrics: who is served them.
 */
import { type Setting, setting } from 'askonce/gateway-kit';
import { z } from 'zod';

export const metricsSettings = {
  metrics: setting(
    'ASKONCE_METRICS',
    z.enum(['open', 'key', 'off']),
    'open',
    'Who may read `GET /metrics`, which is served where admin calls are: on the main port if that is on loopback, and at `adminListen`. `open`: any client that reaches it; `key`: with the admin key as a bearer token; `off`: there are no metrics, and nothing is counted for them.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
