/**
 * Number words, multipliers and places in a row by language, folded. Own compilation.
 *
 * "One" is left out: in all five languages it is mostly an article or a pronoun.
 */
import { fold, primaryLanguage } from '../../text/fold.ts';

/** A line: the value, then its words. */
const values: Readonly<Record<string, string>> = {
  en: `
    0 zero
    2 two twice double
    3 three thrice triple
    4 four
    5 five
    6 six
    7 seven
    8 eight
    9 nine
    10 ten
    11 eleven
    12 twelve dozen
    13 thirteen
    14 fourteen
    15 fifteen
    16 sixteen
    17 seventeen
    18 eighteen
    19 nineteen
    20 twenty
    30 thirty
    40 forty
    50 fifty
    60 sixty
    70 seventy
    80 eighty
    90 ninety
    0.5 half`,
  es: `
    0 cero
    2 dos doble
    3 tres triple
    4 cuatro
    5 cinco
    6 seis
    7 siete
    8 ocho
    9 nueve
    10 diez
    11 once
    12 doce docena
    13 trece
    14 catorce
    15 quince
    16 dieciseis
    17 diecisiete
    18 dieciocho
    19 diecinueve
    20 veinte
    21 veintiuno
    24 veinticuatro
    25 veinticinco
    30 treinta
    40 cuarenta
    50 cincuenta
    60 sesenta
    70 setenta
    80 ochenta
    90 noventa
    100 cien ciento
    200 doscientos doscientas
    300 trescientos trescientas
    400 cuatrocientos cuatrocientas
    500 quinientos quinientas
    0.5 mitad`,
  pt: `
    0 zero
    2 dois duas dobro
    3 tres triplo
    4 quatro
    5 cinco
    6 seis
    7 sete
    8 oito
    9 nove
    10 dez
    11 onze
    12 doze duzia
    13 treze
    14 catorze quatorze
    15 quinze
    16 dezesseis dezasseis
    17 dezessete dezassete
    18 dezoito
    19 dezenove dezanove
    20 vinte
    30 trinta
    40 quarenta
    50 cinquenta
    60 sessenta
    70 setenta
    80 oitenta
    90 noventa
    100 cem cento
    200 duzentos duzentas
    300 trezentos trezentas
    400 quatrocentos quatrocentas
    500 quinhentos quinhentas
    0.5 metade`,
  ru: `
    0 ноль нуля
    2 два две двух двум двумя двое
    3 три трех трем тремя трое
    4 четыре четырех четырем четверо
    5 пять пяти пятью
    6 шесть шести шестью
    7 семь семи
    8 восемь восьми
    9 девять девяти
    10 десять десяти
    11 одиннадцать одиннадцати
    12 двенадцать двенадцати
    13 тринадцать тринадцати
    14 четырнадцать четырнадцати
    15 пятнадцать пятнадцати
    16 шестнадцать шестнадцати
    17 семнадцать семнадцати
    18 восемнадцать восемнадцати
    19 девятнадцать девятнадцати
    20 двадцать двадцати
    30 тридцать тридцати
    40 сорок сорока
    50 пятьдесят пятидесяти
    60 шестьдесят шестидесяти
    70 семьдесят семидесяти
    80 восемьдесят восьмидесяти
    90 девяносто девяноста
    100 сто ста
    200 двести двухсот
    300 триста трехсот
    400 четыреста четырехсот
    500 пятьсот пятисот
    0.5 половина половину половины`,
  he: `
    0 אפס
    2 שניים שתיים שני שתי
    3 שלוש שלושה שלושת
    4 ארבע ארבעה
    5 חמש חמישה
    6 שש שישה
    7 שבע שבעה
    8 שמונה
    9 תשע תשעה
    10 עשר עשרה
    12 תריסר
    20 עשרים
    30 שלושים
    40 ארבעים
    50 חמישים
    60 שישים
    70 שבעים
    80 שמונים
    90 תשעים
    100 מאה
    200 מאתיים
    0.5 חצי`,
};

/** Multiply what stands before them. */
const multipliers: Readonly<Record<string, string>> = {
  en: `
    100 hundred
    1000 k thousand thousands
    100000 lakh lakhs lac
    1000000 m mn mln mm million millions
    10000000 crore crores
    1000000000 b bn bln billion billions
    1000000000000 tn trillion trillions`,
  es: `
    1000 k mil miles
    1000000 m millon millones
    1000000000000 billon billones`,
  pt: `
    1000 k mil milhares
    1000000 m mi milhao milhoes
    1000000000 bi bilhao bilhoes
    1000000000000 trilhao trilhoes`,
  ru: `
    1000 k к тыс тысяча тысячи тысяч тысячу
    1000000 млн миллион миллиона миллионов
    1000000000 млрд миллиард миллиарда миллиардов`,
  he: `
    1000 k אלף אלפים
    1000000 m מיליון מיליוני
    1000000000 מיליארד`,
};

/** The place in a row, a line each; the numeral endings are read elsewhere. */
const ordinals: Readonly<Record<string, string>> = {
  en: `
    1 first
    2 second
    3 third
    4 fourth
    5 fifth
    6 sixth
    7 seventh
    8 eighth
    9 ninth
    10 tenth`,
  es: `
    1 primer primero primera primeros primeras
    2 segundo segunda
    3 tercer tercero tercera
    4 cuarto cuarta
    5 quinto quinta
    6 sexto sexta
    7 septimo septima
    8 octavo octava
    9 noveno novena
    10 decimo decima`,
  pt: `
    1 primeiro primeira primeiros primeiras
    2 segundo segunda
    3 terceiro terceira
    4 quarto quarta
    5 quinto quinta
    6 sexto sexta
    7 setimo setima
    8 oitavo oitava
    9 nono nona
    10 decimo decima`,
  ru: `
    1 первый первая первое первые первого первой первом первую
    2 второй вторая второе вторые второго втором вторую
    3 третий третья третье третьи третьего третьей
    4 четвертый четвертая четвертое четвертого четвертой
    5 пятый пятая пятое пятого пятой
    6 шестой шестая шестого
    7 седьмой седьмая седьмого
    8 восьмой восьмая восьмого
    9 девятый девятая девятого
    10 десятый десятая десятого`,
  he: `
    1 ראשון ראשונה הראשון הראשונה
    2 השני השנייה שנייה
    3 שלישי שלישית השלישי השלישית
    4 רביעי רביעית הרביעי הרביעית
    5 חמישי חמישית החמישי החמישית
    6 שישי שישית השישי השישית`,
};

type Table = ReadonlyMap<string, number>;

function tableOf(text: string): Table {
  const table = new Map<string, number>();
  for (const line of text.trim().split('\n')) {
    const [value = '', ...words] = line.trim().split(/\s+/);
    for (const word of words) table.set(fold(word), Number(value));
  }
  return table;
}

function tablesOf(texts: Readonly<Record<string, string>>): ReadonlyMap<string, Table> {
  return new Map(Object.entries(texts).map(([language, text]) => [language, tableOf(text)]));
}

const valueTables = tablesOf(values);
const multiplierTables = tablesOf(multipliers);
const ordinalTables = tablesOf(ordinals);
const none: Table = new Map();

export interface NumberWords {
  readonly values: Table;
  readonly multipliers: Table;
  readonly ordinals: Table;
}

export function numberWordsOf(language: string): NumberWords {
  const primary = primaryLanguage(language);
  return {
    values: valueTables.get(primary) ?? none,
    multipliers: multiplierTables.get(primary) ?? none,
    ordinals: ordinalTables.get(primary) ?? none,
  };
}

export function isNumberWord(folded: string, language: string): boolean {
  const words = numberWordsOf(language);
  return words.values.has(folded) || words.ordinals.has(folded) || (words.multipliers.get(folded) ?? 0) > 0;
}
