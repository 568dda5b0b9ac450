/**
 * How languages negate, as folded words. Own compilation from the grammars of the languages: the particles and
 * pronouns are closed classes.
 */
import { primaryLanguage } from '../../text/fold.ts';
import { itemsOf, listOf } from './list.ts';

export interface Negations {
  /** Each of these negates. */
  readonly strong: ReadonlySet<string>;
  /** These negate only where nothing else does: *no tengo nada*, *никто не знает*. */
  readonly concord: ReadonlySet<string>;
  /** Beginnings of words that stand for a negation or for none: "I lost the receipt" is "I have no receipt". */
  readonly weak: readonly string[];
  /** Prefixes of the opposite word. */
  readonly prefixes: readonly string[];
  /** Endings of words that say "without": `sugar-free`. */
  readonly endings: readonly string[];
  /** Phrases, folded, whose negation is none: "free of charge", "not only". */
  readonly idioms: readonly string[];
}

interface Written {
  readonly strong: string;
  readonly concord?: string;
  readonly weak?: string;
  readonly prefixes?: string;
  readonly endings?: string;
  readonly idioms?: readonly string[];
}

const written: Readonly<Record<string, Written>> = {
  en: {
    strong: `not cannot no never none nobody nothing nowhere neither nor without except excluding aint dont doesnt didnt
      cant couldnt wont wouldnt isnt arent wasnt werent shouldnt hasnt havent hadnt mustnt unable`,
    weak: 'lost lose losing misplac missing lack absent absence forgot forget',
    prefixes: 'un in im il ir non non- dis mis de a anti anti-',
    endings: '-free less',
    idioms: [
      'not only',
      'or not',
      'why not',
      'no matter',
      'no longer than',
      'at no cost',
      'at no charge',
      'no charge',
      'no cost',
      'without charge',
      'without cost',
      'without paying',
      'no problem',
      'nevertheless',
      'nonetheless',
      'regardless',
      'wireless',
      'notwithstanding',
    ],
  },
  es: {
    strong: 'no sin excepto salvo',
    concord: 'nunca jamas nadie nada ningun ninguno ninguna ni tampoco',
    weak: 'perdi perdid perder pierd extravi falta carec olvid',
    prefixes: 'in im ir i des dis anti no',
    idioms: ['no solo', 'o no', 'sin costo', 'sin coste', 'sin cargo', 'sin pagar', 'de nada', 'no obstante'],
  },
  pt: {
    strong: 'nao sem exceto salvo',
    concord: 'nunca jamais ninguem nada nenhum nenhuma nem tampouco',
    weak: 'perdi perdeu perder perco extravi falta esqueci esquecer',
    prefixes: 'in im ir i des dis anti nao-',
    idioms: [
      'nao so',
      'nao apenas',
      'ou nao',
      'sem custo',
      'sem custos',
      'sem pagar',
      'de nada',
      'nem so',
      'nao obstante',
    ],
  },
  ru: {
    strong: 'не нет без безо нельзя кроме невозможно',
    concord: `никто никого никому никем ничто ничего ничему ничем никогда нигде никуда никак никакой никакая никакое
      никакие никаких ни`,
    weak: 'потерян потеря утерян утрат отсутств лишил забы',
    prefixes: 'не без бес анти не-',
    idioms: [
      'не только',
      'или нет',
      'без оплаты',
      'без платы',
      'нет ли',
      'не могли бы',
      'не могли',
      'не подскажете',
      'тем не менее',
    ],
  },
  he: {
    strong: `לא אין בלי ללא אסור אינו אינה אינם אינן איני אינך אינכם מבלי בלא מלבד למעט בלתי אי`,
    concord: 'אף שום כלום מעולם',
    weak: 'איבד אבד חסר נעלם שכח',
    prefixes: 'אי- אנטי אל-',
    idioms: ['לא רק', 'או לא', 'ללא תשלום', 'ללא עלות', 'בלי תשלום', 'בלי עלות', 'אין בעיה', 'אף על פי'],
  },
  de: {
    strong: 'nicht kein keine keinen keinem keiner keines ohne nie niemals niemand nichts außer',
    prefixes: 'un in',
  },
  fr: {
    strong: 'pas sans sauf',
    concord: 'ne ni jamais rien personne aucun aucune plus',
    prefixes: 'in im ir il non- des',
  },
  it: {
    strong: 'non senza tranne eccetto',
    concord: 'mai nessuno nessuna nessun niente nulla ne',
    prefixes: 'in im ir il s dis',
  },
};

const byLanguage: ReadonlyMap<string, Negations> = new Map(
  Object.entries(written).map(([language, { strong, concord, weak, prefixes, endings, idioms }]) => [
    language,
    {
      strong: listOf(strong),
      concord: listOf(concord ?? ''),
      weak: itemsOf(weak ?? ''),
      prefixes: itemsOf(prefixes ?? ''),
      endings: itemsOf(endings ?? ''),
      idioms: idioms ?? [],
    },
  ]),
);

/** How a language negates; undefined if it has no list. */
export function negationsOf(language: string): Negations | undefined {
  return byLanguage.get(primaryLanguage(language));
}

const contracted = /n't$/;
/** And, that, when: what Hebrew joins to a negation. */
const joined = /^(?:וש|כש|ו|ש)(?=\p{L}{2})/u;

/** The negation that a folded word is, or undefined. */
export function negatorOf(folded: string, language: string): 'strong' | 'concord' | undefined {
  const negations = negationsOf(language);
  if (negations === undefined) return undefined;
  const plain = primaryLanguage(language) === 'he' ? folded.replace(joined, '') : folded;
  for (const form of [folded, plain]) {
    if (negations.strong.has(form)) return 'strong';
    if (negations.concord.has(form)) return 'concord';
  }
  return primaryLanguage(language) === 'en' && contracted.test(folded) ? 'strong' : undefined;
}

export function isNegator(folded: string, language: string): boolean {
  return negatorOf(folded, language) !== undefined;
}
