/**
 * Numbers as a person reads them at a glance. A dash stands for what is not known.
 */
const unknown = '–';

/** 1234 as 1.23k: three digits that count. */
function short(value: number): string {
  const units = ['', 'k', 'M', 'G', 'T'];
  let left = Math.abs(value);
  let unit = 0;
  while (left >= 999.5 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  const digits = left >= 99.95 ? 0 : left >= 9.995 ? 1 : 2;
  return `${value < 0 ? '-' : ''}${left.toFixed(digits)}${units[unit]}`;
}

export function count(value: number): string {
  return value < 10_000 ? String(Math.round(value)) : short(value);
}

/** Of things per second, or per minute. */
export function rate(value: number | null): string {
  if (value === null) return unknown;
  return value === 0 ? '0' : short(value);
}

export function percent(share: number | null): string {
  if (share === null) return unknown;
  // 99.96 % is not all.
  const shown = share < 1 ? Math.min(99.9, share * 100) : 100;
  return `${shown.toFixed(1)} %`;
}

export function duration(ms: number | null): string {
  if (ms === null) return unknown;
  if (ms < 0.9995) return `${ms.toFixed(2)} ms`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  const seconds = ms / 1000;
  return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`;
}

export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let left = value;
  let unit = 0;
  while (left >= 1023.5 && unit < units.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${left.toFixed(unit === 0 || left >= 9.95 ? 0 : 1)} ${units[unit]}`;
}

/** US dollars: cents where there are many, and as many digits as a small sum needs. */
export function dollars(value: number, { signed = false } = {}): string {
  const amount = Math.abs(value);
  const sign = value < 0 ? '-' : signed && value > 0 ? '+' : '';
  if (amount >= 9999.5) return `${sign}$${short(amount)}`;
  const digits = amount >= 1 || amount === 0 ? 2 : amount >= 0.01 ? 3 : 5;
  return `${sign}$${amount.toFixed(digits)}`;
}

/** Time of day of an instant, in the zone of the machine. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** How long ago an instant is: 5 s, 12 min, 3 h, 2 d. */
export function age(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  if (seconds < 3570) return `${Math.round(seconds / 60)} min`;
  if (seconds < 84_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

const bars = '▁▂▃▄▅▆▇█';

/** A line of bars, the largest value full; the last `width` values. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width);
  const most = Math.max(...shown, 0);
  return shown
    .map((value) =>
      most === 0 ? bars[0] : bars[Math.min(7, Math.floor((Math.max(0, value) / most) * 7.999))],
    )
    .join('');
}
