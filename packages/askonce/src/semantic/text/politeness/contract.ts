/**
 * Greetings, thanks and politeness that open and close a question, by language, in folded spelling (lower case without
 * accents). Own compilation. One phrase a line; a phrase is a piece of a regular expression in which a space stands for
 * white space, with a comma before it or not.
 */
export interface Politeness {
  /** What a question may open with, before a comma or before one of `starts`. */
  readonly greetings: string;
  /** What may close a question, or open it like a greeting. */
  readonly thanks: string;
  /** What may open or close a request. */
  readonly please: string;
  /** What introduces a question: only before one of `questionWords`. */
  readonly asks: string;
  /** Requests to explain that mean the same as the verb alone: only before one of `tellingVerbs`. */
  readonly requests: string;
  readonly tellingVerbs: string;
  readonly questionWords: string;
  /** What begins a question or a request, so that the words before it are no part of it even without a comma. */
  readonly starts: string;
  /** Verbs and nouns that speak of words: a text with one of them may mean "please" itself. */
  readonly mentions: string;
  /** How a closing may begin that only a space sets apart: without those that often mean something else ("Cheers"). */
  readonly bareClosings: string;
  /** After one of these, a word of politeness is no closing, but what the question is about: "after please", "of thanks". */
  readonly leading: string;
  /** Of a text with one of these, a part is to be worked on as it is written: "Translate: Where is the station? Thanks". */
  readonly works: string;
  /** First words that are other words with a capital letter. */
  readonly names: string;
}
