/** A guard of an airline: a question about one class of seats is not one about another, however it is spelt. */
import type { Guard } from 'askonce/semantic';

const classes = [/\beconomy\b|\bcoach\b/i, /\bbusiness\b|\bclub\b/i, /\bfirst class\b/i];

export const seatClasses: Guard = (asked, stored, language) => {
  if (language !== 'en') return undefined;
  const [here, there] = [asked, stored].map((text) => classes.findIndex((seats) => seats.test(text)));
  return here === there ? undefined : 'another class of seats';
};
