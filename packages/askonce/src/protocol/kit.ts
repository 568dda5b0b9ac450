/**
 * What a protocol of your own is made of (`askonce/protocol`): the contract, the framings, and bodies besides JSON.
 */
export type {
  Assessment,
  BodyKind,
  CanonicalWriter,
  ErrorInfo,
  FieldRule,
  Finish,
  FinishWords,
  ParsedBody,
  Parts,
  Protocol,
  Reading,
  RequestLine,
} from './contract.ts';
export { type ErrorAnswer, type ErrorKind, type ErrorWords, judgeError } from './error-kind.ts';
export { finishOf } from './finish-words.ts';
export type {
  EndMark,
  EventCutter,
  EventNumbering,
  Framing,
  SentEvents,
  StreamEnding,
  StreamEvent,
} from './framing.ts';
export { jsonArray } from './framings/json-array.ts';
export { jsonLines } from './framings/json-lines.ts';
export { serverSentEvents } from './framings/server-sent-events.ts';
export { messageFrame, socketMessages } from './framings/socket-messages.ts';
export type { HeaderRule, HeaderTable } from './headers.ts';
export { multipartBody, type UploadedFile } from './multipart.ts';
