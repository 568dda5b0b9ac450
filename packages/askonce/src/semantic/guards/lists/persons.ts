/**
 * Pronouns by person, a line each, in all cases and with their possessives; folded. Own compilation (closed classes). A form
 * that may be another word, such as the Spanish article, is left out.
 */
import { listOf } from './list.ts';

const byLanguage: Readonly<Record<string, readonly string[]>> = {
  en: [
    "i me my mine myself i'm i've i'd i'll",
    "you your yours yourself you're you've you'd you'll",
    "he him his himself he's he'd he'll",
    "she her hers herself she's she'd she'll",
    "we us our ours ourselves we're we've we'd we'll",
    "they them their theirs themselves they're they've they'd they'll",
  ],
  es: [
    'yo me mi mis mio mia conmigo',
    'tu tus te ti contigo',
    'ella',
    'nosotros nosotras nos',
    'ellos',
    'ellas',
  ],
  pt: [
    'eu me mim meu minha comigo',
    'tu te ti contigo',
    'voce',
    'ele dele',
    'ela dela',
    'nos nosso nossa',
    'eles deles',
    'elas delas',
  ],
  ru: [
    'я меня мне мной мною мой моя мое мои моего моей моему моим моих моими мою',
    'ты тебя тебе тобой твой твоя твое твои твоего твоей твоему твоим твоих твою',
    'он его него ему нему',
    'она ее нее ей ней',
    'мы нас нам нами наш наша наше наши нашего нашей нашему нашим наших нашу',
    'вы вас вам вами ваш ваша ваше ваши вашего вашей вашему вашим ваших вашу',
    'они',
  ],
  he: [
    'אני אותי לי שלי בי ממני',
    'אתה אותך לך שלך',
    'הוא אותו לו שלו',
    'היא אותה לה שלה',
    'אנחנו אותנו לנו שלנו',
    'הם אותם להם שלהם',
  ],
};

/** By language: the forms of each person. */
export const persons: ReadonlyMap<string, readonly ReadonlySet<string>[]> = new Map(
  Object.entries(byLanguage).map(([language, lines]) => [language, lines.map(listOf)]),
);
