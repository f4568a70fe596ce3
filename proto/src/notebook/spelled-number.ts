/**
 * Pure: numbers as Python writes them. JavaScript has one kind of number, which can't tell 1.0 from 1 and is exact only
 * up to 2^53; where a file's own digits are known, they are kept beside the value.
 */

/** A number whose spelling in a file is not the one that its value alone would get. */
export class SpelledNumber {
  constructor(
    readonly value: number,
    readonly spelling: string,
  ) {}
}

/** As Python would write a number again that it read from this literal. */
export function spelledNumber(literal: string): number | SpelledNumber {
  const value = Number(literal);
  const spelling = /[.eE]/.test(literal) ? pythonFloat(value) : literal === '-0' ? '0' : literal;
  return spelling === pythonNumber(value) ? value : new SpelledNumber(value, spelling);
}

/** As repr of an int when whole, of a float otherwise. */
export function pythonNumber(value: number): string {
  const isInt = Number.isInteger(value) && Math.abs(value) < 1e21 && !Object.is(value, -0);
  return isInt ? String(value) : pythonFloat(value);
}

/** As repr of a float: the fewest digits that tell it, with an exponent below 1e-4 and from 1e16 on. */
function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  }
  if (Object.is(value, -0)) {
    return '-0.0';
  }
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [mantissa = '', exponent = ''] = value.toExponential().split('e');
    return `${mantissa}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
