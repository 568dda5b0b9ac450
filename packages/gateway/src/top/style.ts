/**
 * Colours of a terminal, or none.
 */
import { styleText } from 'node:util';

export type Look = 'bold' | 'dim' | 'inverse' | 'red' | 'yellow' | 'green' | 'cyan';

/** Text in a look. The width stays. */
export type Style = (look: Look, text: string) => string;

export const coloured: Style = (look, text) => styleText(look, text, { validateStream: false });
export const plain: Style = (_look, text) => text;
