/**
 * `askonce/testing`, for the tests of an application or a store: providers on loopback, the contract suite for stores, a
 * faulty store, and a clock that the test moves.
 */

export {
  describeEmbedderContract,
  type EmbedderContractOptions,
  type EmbedderUnderTest,
  type EmbedderWanted,
} from './embedder-contract.ts';
export { type FakeClock, fakeClock } from './fake-clock.ts';
export {
  type ChooseFault,
  type FaultProvider,
  type FaultProviderOptions,
  type ProviderFault,
  providerFaults,
  startFaultProvider,
} from './fault-provider.ts';
export { type Fault, type FaultyStore, type FaultyStoreOptions, faultyStore } from './faulty-store.ts';
export {
  describeLedgerContract,
  type LedgerCapability,
  type LedgerContractOptions,
  type LedgerUnderTest,
} from './ledger-contract.ts';
export { closedPort, type SeenRequest } from './loopback.ts';
export {
  describeProtocolContract,
  type ProtocolContractOptions,
  type ProtocolQuestion,
} from './protocol-contract.ts';
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
export { type SampleEntry, sampleEntry } from './sample-entry.ts';
export type { Latency } from './simulated/pacing.ts';
export {
  type SimulatedProvider,
  type SimulatedProviderOptions,
  startSimulatedProvider,
} from './simulated-provider.ts';
export {
  describeStoreContract,
  type StoreCapability,
  type StoreContractOptions,
  type StoreUnderTest,
  type StoreWanted,
  type TestRunner,
} from './store-contract.ts';
export { describeVectorIndexContract, type VectorIndexContractOptions } from './vector-index-contract.ts';
export {
  describeVectorIndexesContract,
  type VectorIndexesContractOptions,
} from './vector-indexes-contract.ts';
export { describeVerifierContract, type VerifierContractOptions } from './verifier-contract.ts';
