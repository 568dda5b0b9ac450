/**
 * How a report writes amounts, shares, dates and names.
 */
import { dollars } from '../counts.ts';
import type { ReportedDimension } from './report.ts';

// Made when they are used: the library's module must not hold what only a report needs.
const usd = () => new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const whole = () => new Intl.NumberFormat('en-US');
const tenths = () =>
  new Intl.NumberFormat('en-US', {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
const languages = () => new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });

const centNano = 10_000_000;

/** To the cent; ≈ marks an amount that contains estimates. */
export function money(nano: number, isEstimated = false): string {
  const mark = isEstimated && nano !== 0 ? '≈ ' : '';
  if (nano !== 0 && Math.abs(nano) < centNano / 2) return `${mark}${nano < 0 ? '> -$0.01' : '< $0.01'}`;
  return `${mark}${usd().format(dollars(nano))}`;
}

export function count(number: number): string {
  return whole().format(number);
}

/** A dash where there is nothing to divide by. */
export function percent(share: number | null): string {
  return share === null ? '–' : tenths().format(share);
}

export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return '–';
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(2)} ms`;
}

/** `November 2026` of `2026-11`. */
export function monthName(month: string): string {
  const at = Date.parse(`${month}-01T00:00:00Z`);
  return new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(at);
}

/** `29 November 2026, 08:10` */
export function moment(at: number, timeZone: string): string {
  const style = { day: 'numeric', month: 'long', year: 'numeric', timeZone } as const;
  const day = new Intl.DateTimeFormat('en-GB', style).format(at);
  const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone }).format(at);
  return `${day}, ${time}`;
}

function languageName(code: string): string {
  try {
    const name = languages().of(code);
    return name === undefined ? code : `${name} (${code})`;
  } catch {
    // A language that a caller names need not be one.
    return code;
  }
}

/** Whether it is the group of requests that have none, or whose language is not known. */
export function isNameless(dimension: ReportedDimension, name: string): boolean {
  return name === '' || (dimension === 'language' && name === 'und');
}

/** The name of a group for readers. */
export function groupName(dimension: ReportedDimension, name: string): string {
  if (name === '') return '(none)';
  if (isNameless(dimension, name)) return '(not known)';
  return dimension === 'language' ? languageName(name) : name;
}

// Line and paragraph separators, and marks that reverse the text after them, change how a reader sees the rest.
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

/** Text of a request on one line. */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(unprintable, ' ').trim();
}

// With its backslash none of these begins a link, a picture, a tag, an emphasis or another cell.
const markup = /[\\`*_[\]<>|~&!$]|(?<=\b(?:https?|ftp)):(?=\/\/)|(?<=\bwww)\./giu;

/** Text of a request as Markdown that shows it as it is. */
export function plain(text: string): string {
  return oneLine(text).replace(markup, String.raw`\$&`);
}

/** The beginning of a text for a table's cell. */
export function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text;
}
