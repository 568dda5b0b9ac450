export type { Gateway } from './server/serve.ts';
export { readGatewaySettings } from './settings/read.ts';
export { type GatewaySettings, type GatewaySettingsInput, gatewayTable } from './settings/table.ts';
export { type GatewayOptions, startGateway } from './start.ts';
