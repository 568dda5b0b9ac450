/**
 * For the tests of those who build on askonce: providers that need no network.
 */
export {
  dataFolder,
  type ProviderRecording,
  type RecordedProtocol,
  recordedProtocols,
  recordings,
} from './recordings.ts';
