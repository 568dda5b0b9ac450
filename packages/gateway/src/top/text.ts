/**
 * Text in the cells of a terminal: what is printed of it, how wide it is, and how it is cut.
 */
import stringWidth from 'string-width';

/** Longer texts are cut before anything else is done with them, in UTF-16 units. */
const longest = 1000;

/** Terminals act on control characters, and reorder by directional ones; both are in what callers send. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]+/gu;
/** Terminals disagree on how wide these make the character before them. */
const modifiers = /[\u{FE00}-\u{FE0F}\u{1F3FB}-\u{1F3FF}\u{20E3}]/gu;
/** More marks on one letter than any language writes. */
const heaped = /(\p{M}{4})\p{M}+/gu;

/** The text on one line, without what would make a terminal do anything but show it. */
export function printable(text: string): string {
  return text
    .slice(0, longest)
    .replace(/\s/g, ' ')
    .replace(unprintable, '')
    .replace(/ {2,}/g, ' ')
    .replace(modifiers, '')
    .replace(heaped, '$1')
    .trim();
}

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Exactly `width` cells: the text, cut with an ellipsis or filled with spaces. The text is printable. */
export function fitted(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const shown = clipped(text, width);
  const filling = ' '.repeat(Math.max(0, width - stringWidth(shown)));
  return align === 'left' ? shown + filling : filling + shown;
}

/** At most `width` cells of the text. */
export function clipped(text: string, width: number): string {
  if (width <= 0) return '';
  if (stringWidth(text) <= width) return text;
  let shown = '';
  let used = 0;
  for (const { segment } of segments.segment(text)) {
    const cells = stringWidth(segment);
    if (used + cells > width - 1) break;
    shown += segment;
    used += cells;
  }
  return `${shown}…`;
}

/** Cells that a printable text takes. */
export function widthOf(text: string): number {
  return stringWidth(text);
}
