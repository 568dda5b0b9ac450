/**
 * Checks the local model: loads it, and embeds one text. It pulls nothing.
 */
import { type Clock, systemClock } from 'askonce';
import { tooSlow, within } from 'askonce/gateway-kit';
import { isAskedFor } from '../semantic/start-lines.ts';
import type { GatewayConfiguration } from '../settings/read.ts';
import type { UpstreamClient } from '../upstream/client.ts';
import { type Check, messageOf } from './check.ts';

/** Time limit for loading, in ms. */
const patienceMs = 120_000;

/** None if the settings ask for no local model. */
export async function localModelChecks(
  configuration: GatewayConfiguration,
  folder: string,
  client: UpstreamClient,
  clock: Clock = systemClock,
): Promise<readonly Check[]> {
  const { settings } = configuration;
  const isLocal = isAskedFor(settings) && settings.semanticEmbedder === 'local';
  return isLocal ? [await localModelCheck(configuration, folder, client, clock)] : [];
}

async function localModelCheck(
  { settings, sourceOf }: GatewayConfiguration,
  folder: string,
  client: UpstreamClient,
  clock: Clock,
): Promise<Check> {
  const what = 'embedder';
  const { openLocalModel, pullOptions, placeOf, megabytes } = await import('../semantic/local-model.ts');
  const places = { settings, sourceOf, folder, client };
  const { semanticModel = '' } = settings;
  try {
    const place = placeOf(semanticModel, sourceOf);
    if ('hub' in place) {
      const { pulledModel } = await import('askonce/local-embedder');
      if ((await pulledModel(pullOptions(places, place.hub))) === undefined)
        return {
          state: 'warn',
          what,
          message: `${semanticModel} is not here yet; run askonce model pull ${semanticModel}, or the gateway pulls it at its start`,
        };
    }
    const local = openLocalModel(places, () => {});
    try {
      if ((await within(clock, patienceMs, local.embed('start'))) === tooSlow)
        return {
          state: 'fail',
          what,
          message: `${local.name} was not loaded in ${patienceMs / 1000} s; use a smaller model, or a faster machine`,
        };
      const { file = '', dimension = 0, bytes = 0, loadMs = 0, resident = 0 } = local.report() ?? {};
      const memory = resident === 0 ? '' : `, ${megabytes(resident)} of memory`;
      return {
        state: 'ok',
        what,
        message: `${local.name} (local: ${file}, ${dimension} dimensions, ${megabytes(bytes)}), loaded in ${(loadMs / 1000).toFixed(1)} s${memory}`,
      };
    } finally {
      await local.close?.();
    }
  } catch (error) {
    return { state: 'fail', what, message: messageOf(error) };
  }
}
