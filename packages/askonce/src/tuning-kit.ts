/**
 * The parts of the library that `askonce tune` needs: how a question is read, kept out, compared and judged. Not for
 * applications; a release may change them without notice. Apart from `askonce/gateway-kit`, since a gateway without the
 * semantic tier must not load its word lists.
 */
export { identifier } from './identity/identify.ts';
export { detectLanguage } from './identity/language/detect.ts';
export { normalizeQuestion } from './identity/language/normalize.ts';
export { protocolTable } from './protocol/protocols.ts';
export { openEmbedding } from './semantic/embedders/embedding.ts';
export { createGates } from './semantic/gates/gates.ts';
export { openGuards } from './semantic/guards/guards.ts';
export { comparison, objectionsOf } from './semantic/judges/comparison.ts';
export { judgeOf } from './semantic/judges/judge.ts';
export { longestQuestion } from './semantic/question.ts';
export { embeddedTextOf } from './semantic/text/embedded.ts';
export { semanticTextOf } from './semantic/text/normalise.ts';
export { librarySettings } from './settings/read.ts';
