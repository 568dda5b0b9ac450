/**
 * The question of a request, as the semantic tier sees it: its language, its text and its vector; or why it stays out.
 */
import { type Awaitable, andThen } from '../clock.ts';
import type { Ask, QuestionVector, StoredVector } from '../engine/ask.ts';
import type { EntryMeta } from '../entry/entry.ts';
import { encodeVector } from '../entry/vector.ts';
import { hasManyMarks } from '../identity/language/nfc.ts';
import type { GateName } from './contract.ts';
import type { Embedded, Embedding } from './embedders/embedding.ts';
import type { NoVector } from './embedders/vector.ts';
import { embeddedTextOf } from './text/embedded.ts';

/** A request, as far as its question goes. */
export type Questioner = Pick<Ask, 'identity' | 'request'>;

/** What a service is called for: a request, or what one would have. */
export type Requester = Pick<Ask, 'identity'> & Partial<Pick<Ask, 'requestId'>>;

export interface Question {
  /** As an entry stores it, in its language's one spelling: what guards, verifier and judge read. */
  readonly text: string;
  /** Without greeting, thanks and politeness, too. Two questions with equal cores are identical. */
  readonly core: string;
  /** What is embedded. */
  readonly embeddable: string;
  readonly language: string;
}

/** Why a question neither asks the tier nor feeds it. */
export type Out =
  | { readonly out: 'language' | 'empty' | 'too-long' }
  | { readonly out: 'gate'; readonly gate: GateName };

export interface QuestionTools {
  readonly embedding: Pick<Embedding, 'embed' | 'known' | 'fingerprint'>;
  readonly gate: (question: string, language: string) => GateName | undefined;
  readonly core: (question: string, language: string) => string;
}

/** Characters of the longest question: gates read no more, and a longer text is a document. */
export const longestQuestion = 4_096;

/** Reads the question of a request that the tier may take. Detects the language if the caller names none. */
export function readQuestion(
  tools: Pick<QuestionTools, 'gate' | 'core'>,
  { identity }: Pick<Ask, 'identity'>,
): Question | Out {
  const { semanticText = '', questionText = '' } = identity;
  return questionIn(tools, semanticText, questionText, identity.detectedLanguage());
}

/** Reads the question of an entry that the tier has taken: what is embedded is what was embedded when it was asked. */
export function readStoredQuestion(
  tools: Pick<QuestionTools, 'gate' | 'core'>,
  { semanticText = '', questionText = semanticText, language }: EntryMeta,
): Question | Out {
  return questionIn(tools, semanticText, questionText, language);
}

function questionIn(
  { gate, core }: Pick<QuestionTools, 'gate' | 'core'>,
  text: string,
  asWritten: string,
  language: string,
): Question | Out {
  if (language === 'und') return { out: 'language' };
  if (text.length > longestQuestion || hasManyMarks(text)) return { out: 'too-long' };
  const closed = gate(text, language);
  if (closed !== undefined) return { out: 'gate', gate: closed };
  const spoken = core(text, language);
  if (spoken === '') return { out: 'empty' };
  return { text, core: spoken, embeddable: embeddedTextOf(asWritten, language), language };
}

/** The vector of a question; undefined if it has none, or none in time. */
export function embedQuestion(
  { embedding }: Pick<QuestionTools, 'embedding'>,
  { identity, requestId }: Requester,
  { embeddable }: Question,
): Awaitable<Embedded> {
  return embedding.embed(embeddable, { scope: identity.partition, requestId });
}

/**
 * The vector as it is stored with the answer. One that is on its way is waited for, within the embedder's budget; one that
 * came after that may be remembered by then.
 */
export function storedVector(
  { embedding }: Pick<QuestionTools, 'embedding'>,
  { identity }: Pick<Ask, 'identity'>,
  { text, embeddable, language }: Question,
  coming: Awaitable<Embedded>,
): QuestionVector {
  return () =>
    andThen(coming, (come): StoredVector => {
      const made = 'vector' in come ? come : (embedding.known(embeddable, identity.partition) ?? come);
      if ('none' in made && hasNone.has(made.none)) return {};
      const isPlain = embeddedTextOf(text, language) === embeddable;
      const questionText = isPlain ? undefined : identity.questionText;
      // Without a vector, the embedder's name says that one is to be made later.
      if ('none' in made) return { embedder: embedding.fingerprint ?? '', questionText };
      return { embedder: made.fingerprint, vector: encodeVector(made.vector), questionText };
    });
}

/** Why a text will have no vector, whenever it is embedded. */
export const hasNone: ReadonlySet<NoVector> = new Set(['unknown', 'too-long']);
