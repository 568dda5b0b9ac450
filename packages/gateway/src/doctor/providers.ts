/**
 * Checks that the providers can be reached, and this machine's clock by theirs.
 */
import type { Clock } from 'askonce';
import { isAskedFor } from '../semantic/start-lines.ts';
import { providerAddresses } from '../settings/providers.ts';
import { serviceAddresses } from '../settings/semantic.ts';
import type { GatewaySettings } from '../settings/table.ts';
import type { UpstreamClient } from '../upstream/client.ts';
import { type Check, messageOf } from './check.ts';

/** Time limit for a provider's answer, in ms. */
const patienceMs = 10_000;
/** Difference to a provider's clock from which lifetimes and date buckets are noticeably wrong, in ms. */
const toleratedSkewMs = 60_000;

export async function providerChecks(
  settings: GatewaySettings,
  client: UpstreamClient,
  clock: Clock,
): Promise<readonly Check[]> {
  const services = isAskedFor(settings) ? serviceAddresses(settings) : [];
  const all = [
    ...providerAddresses(settings).map(({ name, baseUrl }) => ({ what: `provider ${name}`, baseUrl })),
    ...services.map(({ name, baseUrl }) => ({ what: name, baseUrl })),
  ];
  const asked = await Promise.all(all.map((one) => providerCheck(one, client, clock)));
  const skews = asked.flatMap(({ skewMs }) => (skewMs === undefined ? [] : [skewMs]));
  return [...asked.map(({ check }) => check), clockCheck(skews)];
}

interface AskedProvider {
  readonly check: Check;
  /** How far this machine's clock is ahead of the provider's; undefined if the provider does not give its time. */
  readonly skewMs?: number | undefined;
}

/** Any HTTP answer shows that the provider is there; without a credential it is usually a 401. */
async function providerCheck(
  { what, baseUrl }: { readonly what: string; readonly baseUrl: string },
  client: UpstreamClient,
  clock: Clock,
): Promise<AskedProvider> {
  const { origin, pathname } = new URL(baseUrl);
  const timeout = new AbortController();
  const cancel = clock.schedule(() => timeout.abort(), patienceMs);
  const began = clock.monotonic();
  try {
    const { status, headers, body } = await client.send({
      origin,
      path: `${pathname.replace(/\/+$/, '')}/models`,
      method: 'GET',
      headers: {},
      body: null,
      signal: timeout.signal,
    });
    // Whatever the body says, or how it ends, does not matter here.
    body.on('error', () => {}).destroy();
    const message = `${baseUrl} answers (HTTP ${status}, ${Math.round(clock.monotonic() - began)} ms)`;
    const date = typeof headers['date'] === 'string' ? Date.parse(headers['date']) : Number.NaN;
    const skewMs = Number.isNaN(date) ? undefined : clock.now() - date;
    return { check: { state: 'ok', what, message }, skewMs };
  } catch (error) {
    const message = timeout.signal.aborted
      ? `${baseUrl} has not answered within ${patienceMs / 1000} s; check the base URL, the network and the proxy`
      : messageOf(error);
    return { check: { state: 'fail', what, message } };
  } finally {
    cancel();
  }
}

/** The smallest difference counts: one provider's clock may be wrong, and its answer may have come late. */
function clockCheck(skews: readonly number[]): Check {
  const what = 'clock';
  const [least] = skews.toSorted((one, other) => Math.abs(one) - Math.abs(other));
  if (least === undefined)
    return { state: 'warn', what, message: 'not compared: no provider gave its time; check it yourself' };
  const seconds = Math.round(Math.abs(least) / 1000);
  return Math.abs(least) <= toleratedSkewMs
    ? { state: 'ok', what, message: `within ${seconds} s of a provider's` }
    : {
        state: 'fail',
        what,
        message: `${seconds} s ${least > 0 ? 'ahead of' : 'behind'} every provider's; set the clock of this machine (NTP)`,
      };
}
