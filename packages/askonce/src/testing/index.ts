/**
 * For the tests of those who build on askonce: providers that need no network.
 */
export { closedPort, type SeenRequest } from './loopback.ts';
export {
  type AnswerRequest,
  answerOf,
  cutsEvery,
  type RecordedAnswer,
  type RecordedProvider,
  type RecordedProviderOptions,
  startRecordedProvider,
} from './recorded-provider.ts';
export {
  dataFolder,
  type ProviderRecording,
  type RecordedProtocol,
  recordedProtocols,
  recordings,
} from './recordings.ts';
