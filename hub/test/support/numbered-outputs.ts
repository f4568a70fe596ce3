/** Pure: outputs and texts that follow from their numbers, so that who finds one can tell whether it is whole. */

export function outputOf(number: number): Uint8Array {
  return Buffer.from(`output ${String(number)} `.repeat(1 + (Math.floor(number * 7919) % 5_000)));
}

export function textLine(text: number, line: number): string {
  return `${String(text)}: ${'größer '.repeat(line % 50)}${String(line)}\n`;
}

export function wholeText(text: number): string {
  return Array.from({ length: 200 }, (_, line) => textLine(text, line)).join('');
}
