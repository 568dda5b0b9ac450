/**
 * Opens the check of tokens that the settings ask for.
 */
import type { Clock } from 'askonce';
import type { GatewayLog } from '../log/log.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { boundedText } from '../upstream/bounded-text.ts';
import type { UpstreamClient } from '../upstream/client.ts';
import { remoteKeys } from './jwks.ts';
import { type TokenCheck, tokenCheck } from './tokens.ts';

export interface TokensOptions {
  readonly settings: GatewaySettings;
  readonly client: Pick<UpstreamClient, 'send'>;
  readonly clock: Clock;
  readonly log: Pick<GatewayLog, 'warnSeldom'>;
}

/** Bounds of fetching a key set, in ms and bytes. */
const timeoutMs = 5_000;
const maxBytes = 256 * 1024;

export function openTokens({ settings, client, clock, log }: TokensOptions): TokenCheck {
  const url = settings.adminJwksUrl;
  const keys =
    url === undefined
      ? undefined
      : remoteKeys({
          fetchText: () => boundedText({ url, client, clock, timeoutMs, maxBytes }),
          clock,
          log,
        });
  return tokenCheck({
    secret: settings.adminJwtSecret,
    keys,
    issuer: settings.adminJwtIssuer,
    audience: settings.adminJwtAudience,
    roleClaim: settings.adminJwtRoleClaim,
    clock,
  });
}
