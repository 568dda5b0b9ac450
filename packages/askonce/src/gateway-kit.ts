/**
 * The parts of the library that a gateway needs in addition to the public ones: tables of settings, routes, headers and
 * schemas. Not for applications; a release may change them without notice.
 */

export { warmRows } from './adapters/endpoint/warm.ts';
export { askonceHeaders } from './adapters/http/askonce-headers.ts';
export {
  heededDirectives,
  parseCacheControl,
  type RequestCacheControl,
  requestCacheControls,
} from './adapters/http/cache-control.ts';
export { invalidateDeleted } from './adapters/http/deletions.ts';
export { answerHeaders, passedHeaders, providerHeaders } from './adapters/http/provider-headers.ts';
export {
  addStreamHeaders,
  errorReply,
  isEventStream,
  replyHeaders,
  withCacheStatus,
} from './adapters/http/reply-headers.ts';
export { readControls } from './adapters/http/request-controls.ts';
export { type CachedRoute, cachedRoutes, type ProviderFamily } from './adapters/http/routes.ts';
export { readTraceparent, type TraceParent } from './adapters/http/trace-context.ts';
export { inOnePiece } from './body/in-one-piece.ts';
export { pushedBody } from './body/pushed-body.ts';
export { pause, stay, staying, tooSlow, within } from './clock.ts';
export { toAll } from './engine/engine.ts';
export { newRequestId } from './engine/reply-headers.ts';
export type { GateRefusal } from './entry/gate.ts';
export { errorType } from './errors.ts';
export { firstFault, plainWords } from './faults.ts';
export { shortKey } from './identity/key.ts';
export { maxContextLength } from './identity/request.ts';
export { tag, tagDigester } from './identity/tags.ts';
export { domainEventSchema } from './invalidation/domain-event.ts';
export { selectorSchema } from './invalidation/selector.ts';
export { maintenanceKinds } from './maintenance/kinds.ts';
export { retryAfterMs } from './negative/hold.ts';
export type {
  BuiltInProtocolName,
  CommonProtocolName,
  ErrorInfo,
  ProviderProtocolName,
} from './protocol/contract.ts';
export type { Framing, StreamEnding } from './protocol/framing.ts';
export { commonHeaders, type HeaderTable, headerRules } from './protocol/headers.ts';
export { builtInProtocol, documentedOrigins, protocols } from './protocol/protocols.ts';
export { priorOf } from './semantic/policies/prior.ts';
export { refuseCacheConflicts } from './settings/conflicts.ts';
export { Flags, flagNames } from './settings/flags.ts';
export { nearest } from './settings/nearest.ts';
export { readSettings, readSourcedSettings } from './settings/read.ts';
export { gateNames, guardNames } from './settings/semantic-settings.ts';
export { optional, type Setting, secretSetting, setting } from './settings/setting.ts';
export { type SettingSource, wrongSetting } from './settings/source.ts';
export { settingsTable } from './settings/table.ts';
export { breaker } from './store/breaker/breaker.ts';
export { holdsClasses } from './store/stack/size-class.ts';
export { type WarmEnd, type WarmFailure, type WarmRow, type WarmTarget, warmRun } from './warming/run.ts';
export type { WarmCounts, WarmOutcome } from './warming/tally.ts';
