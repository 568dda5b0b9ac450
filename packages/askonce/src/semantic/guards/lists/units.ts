/** Units of measure and money. Own compilation. */
import { fold } from '../../text/fold.ts';

/** Units of all languages; a line is one unit. Different units of one number are different amounts. */
const units = `
  % percent pct por-ciento porciento процент процента процентов проц אחוז אחוזים
  $ usd dollar dollars bucks dolar dolares доллар доллара долларов דולר דולרים us$
  € eur euro euros евро אירו יורו
  £ gbp pound pounds quid libra libras фунт фунта фунтов פאונד
  ₽ rub rur ruble rubles rouble roubles руб рубль рубля рублей рублях rublo rublos
  ₪ ils nis shekel shekels shequel shekalim шекель шекеля шекелей שקל שקלים שח ש"ח
  r$ brl real reais reales
  ₹ inr rs rupee rupees rupia rupias рупия рупий
  ¥ jpy yen yenes
  peso pesos mxn песо
  s sec secs second seconds segundo segundos сек секунда секунды секунд שנייה שניות
  min mins minute minutes minuto minutos мин минута минуты минут минуту דקה דקות
  h hr hrs hour hours hora horas ч час часа часов שעה שעות
  day days d dia dias день дня дней сутки суток יום ימים
  night nights noche noches noite noites ночь ночи ночей לילה לילות
  week weeks wk semana semanas неделя недели недель неделю שבוע שבועות
  month months mo mes meses месяц месяца месяцев חודש חודשים
  year years yr yrs año años ano anos год года лет שנה שנים
  mg milligram milligrams miligramo miligramos мг מ"ג
  g gr gram grams gramme gramo gramos grama gramas г гр грамм грамма граммов גרם
  kg kgs kilo kilos kilogram kilograms kilogramo kilogramos quilo quilos quilograma кг килограмм килограмма килограммов ק"ג קג קילו
  lb lbs
  oz ounce ounces
  t ton tons tonne tonnes tonelada toneladas тонна тонны тонн טון
  mm millimeter millimetre
  cm centimeter centimeters centimetre centimetres centimetro centimetros см сантиметр сантиметра сантиметров ס"מ
  m meter meters metre metres metro metros м метр метра метров מטר מטרים
  km kms kilometer kilometers kilometre kilometres kilometro kilometros quilometro quilometros км километр километра километров ק"מ
  mi mile miles milla millas milha milhas миля мили миль
  ft foot feet pie pies
  in inch inches pulgada pulgadas polegada polegadas дюйм дюйма дюймов
  ml milliliter millilitre мл
  l liter liters litre litres litro litros л литр литра литров ליטר
  kb kilobyte
  mb megabyte megabytes мб
  gb gig gigs gigabyte gigabytes гб
  tb terabyte terabytes тб
  mbps
  gbps
  °c c celsius
  °f f fahrenheit
  am a.m
  pm p.m
  people persons person personas pessoas человек אנשים
  child children kids kid niños niño criancas crianca детей ребенка ילדים
  guest guests huespedes hospedes гостей אורחים
  room rooms habitaciones quartos комнат חדרים
  times time veces vezes раз раза פעמים
`;

const unitTable: ReadonlyMap<string, string> = new Map(
  units
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [name = '', ...words] = line.trim().split(/\s+/);
      return [name, ...words].map((word) => [fold(word), name] as const);
    }),
);

/** One name for all the spellings of a unit; undefined for a word that is no unit. */
export function unitOf(folded: string): string | undefined {
  return unitTable.get(folded.replace(/\.$/, ''));
}
