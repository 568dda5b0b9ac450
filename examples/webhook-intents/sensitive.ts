/** Messages that must not be stored: they name a card, a document, an address of mail, or a phone. */

/** Groups of digits, of any script, as numbers of cards, documents and phones have them; years, dates and prices are shorter. */
const longNumber = /(?:\p{Nd}[\s.()\p{Pd}]{0,2}){9,}/u;
const mail = /[^\s@]+@[^\s@]+\.[^\s@]+/;
const words =
  /\b(?:passport|password|cvv|iban|contraseña|pasaporte|senha|passaporte)\b|паспорт|парол|דרכון|סיסמ/iu;

export function isSensitive(message: string): boolean {
  return longNumber.test(message) || mail.test(message) || words.test(message);
}
