/**
 * Reads a captured request as the cache would: its question, its answer's text, and what sets it apart from others.
 */
import { type Clock, systemClock } from 'askonce';
import { identifier, librarySettings, protocolTable } from 'askonce/tuning-kit';
import { requestOf } from '../admin/explain.ts';
import { libraryPart } from '../settings/read.ts';
import type { GatewaySettings } from '../settings/table.ts';
import { createDirectory } from '../upstream/directory.ts';
import type { QuestionReader } from './log.ts';

/** Keys are compared with each other alone, so that any secret will do. */
const secret = 'the keys of a log are never seen';

export function questionReader(
  settings: GatewaySettings,
  languageOf: (question: string) => string,
  clock: Clock = systemClock,
): QuestionReader {
  const routing = {
    directory: createDirectory(settings),
    trustsHeaders: true,
    requestCacheControl: 'ignore',
  } as const;
  const identify = identifier({
    settings: librarySettings(libraryPart(settings)),
    secret,
    clock,
    protocols: protocolTable(),
  });
  return ({ path, headers, body, answer }) => {
    const request = requestOf({ path, headers, body }, routing);
    const identified = identify(request);
    if ('bypass' in identified) return undefined;
    const { questionText: question, partition, frame, language: named } = identified;
    const { answerText } = identified.protocol;
    const text = answerText?.(answer);
    if (question === undefined || text === undefined) return undefined;
    const language = named === 'und' ? languageOf(question) : named;
    return { question, answer: text, language, frame: `${partition} ${frame}` };
  };
}
