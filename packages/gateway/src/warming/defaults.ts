/**
 * What entries need not say, by the settings.
 */
import type { GatewaySettings } from '../settings/table.ts';
import type { WarmDefaults } from './entry.ts';
import { modelFamilies } from './route.ts';

export function warmDefaults(
  settings: Pick<GatewaySettings, 'warmModel' | 'warmAnthropicVersion' | 'providers'>,
): WarmDefaults {
  return {
    model: settings.warmModel,
    anthropicVersion: settings.warmAnthropicVersion,
    familyOf: modelFamilies(settings.providers),
  };
}
