/**
 * Request headers that may say who asks: answers are parted by them as by `Authorization`. By the words in a name, since there
 * is no end to the names that proxies and applications have for this; one word too many costs hits, one too few mixes users.
 */

const words: ReadonlySet<string> = new Set(
  `account accounts actor apikey assertion auth authenticated authentication authentik authorization authorisation cert certificate
  consumer cookie credential credentials customer device dn dpop email employee group groups guest iap identity impersonate jwt login member
  oidc org organisation organization permissions person player preferred principal profile role roles scope scopes secret session sid sub
  subject tenant token tokens uid upn user userid username visitor webauth workspace`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/** Names without hyphens: `accesstoken`, `sessionid`. */
const endings = /(?:token|userid|username|sessionid|tenantid|accountid|apikey|jwt|email)$/;
const pairs = /(?:^|[-_])(?:api|access|client|app)[-_]?(?:key|id)(?:$|[-_])/;

/** Names with such a word that say nothing of who asks. */
const others: ReadonlySet<string> = new Set(['user-agent', 'x-user-agent']);

/** Whether a header, by its name in lower case, may say who asks. */
export function mayIdentify(name: string): boolean {
  if (others.has(name) || name.startsWith('sec-') || name.startsWith('x-user-agent')) return false;
  return pairs.test(name) || name.split(/[-_]/).some((word) => words.has(word) || endings.test(word));
}
