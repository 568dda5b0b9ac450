/**
 * Dates of HTTP (RFC 9110, section 5.6.7): the preferred form and the two obsolete ones, and nothing else. `Date.parse`
 * takes much that is none.
 */
const months = 'janfebmaraprmayjunjulaugsepoctnovdec';
const preferred = /^[a-z]{3}, (\d\d) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) gmt$/;
const rfc850 = /^[a-z]{6,9}, (\d\d)-([a-z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) gmt$/;
const asctime = /^[a-z]{3} ([a-z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/** Milliseconds since the epoch; undefined for what is no date. */
export function httpDate(text: string, now: number): number | undefined {
  const lower = text.trim().toLowerCase();
  const usual = preferred.exec(lower);
  if (usual !== null) return instant(usual[3], usual[2], usual[1], usual.slice(4));
  const short = rfc850.exec(lower);
  if (short !== null) return instant(fullYear(Number(short[3]), now), short[2], short[1], short.slice(4));
  const old = asctime.exec(lower);
  return old === null ? undefined : instant(old[6], old[1], old[2], old.slice(3));
}

/** A year of two digits that seems to be more than 50 years ahead is the last one in the past that ends so. */
function fullYear(twoDigits: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

function instant(
  year: string | number | undefined,
  monthName: string | undefined,
  day: string | undefined,
  time: readonly string[],
): number | undefined {
  const at = months.indexOf(monthName ?? '?');
  if (at < 0 || at % 3 !== 0) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = time.slice(0, 3).map(Number);
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const date = new Date(Date.UTC(Number(year), at / 3, Number(day), hours, minutes, seconds));
  return date.getUTCDate() === Number(day) || seconds === 60 ? date.getTime() : undefined;
}
