export { readGatewaySettings } from './settings/read.ts';
export { type GatewaySettings, type GatewaySettingsInput, gatewayTable } from './settings/table.ts';
export { type Gateway, type GatewayOptions, startGateway } from './start.ts';
