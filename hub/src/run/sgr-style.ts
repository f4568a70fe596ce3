/**
 * Pure: the look that ANSI's SGR sequences (`ESC [ … m`) add up to, as one short canonical string of parameters, so
 * that a character that stays while its neighbours are overwritten can keep its colour.
 */

/** Parameters such as `1;31`; empty for the terminal's own look. */
export type SgrStyle = string;

/** In this order they stand in a style. */
const SLOTS = [
  'bold',
  'faint',
  'italic',
  'underline',
  'blink',
  'inverse',
  'hidden',
  'strike',
  'overline',
  'foreground',
  'background',
  'underlineColor',
] as const;
type Slot = (typeof SLOTS)[number];

const SLOT_OF_CODE: ReadonlyMap<number, Slot> = new Map<number, Slot>([
  [1, 'bold'],
  [2, 'faint'],
  [3, 'italic'],
  [4, 'underline'],
  [5, 'blink'],
  [6, 'blink'],
  [7, 'inverse'],
  [8, 'hidden'],
  [9, 'strike'],
  [21, 'underline'],
  [38, 'foreground'],
  [48, 'background'],
  [53, 'overline'],
  [58, 'underlineColor'],
]);

const CLEARED_BY_CODE: ReadonlyMap<number, readonly Slot[]> = new Map<number, readonly Slot[]>([
  [0, SLOTS],
  [22, ['bold', 'faint']],
  [23, ['italic']],
  [24, ['underline']],
  [25, ['blink']],
  [27, ['inverse']],
  [28, ['hidden']],
  [29, ['strike']],
  [39, ['foreground']],
  [49, ['background']],
  [55, ['overline']],
  [59, ['underlineColor']],
]);

/** The style after a sequence with these parameters (what stands between `ESC [` and `m`). */
export function applySgr(style: SgrStyle, parameters: string): SgrStyle {
  const slots = new Map<Slot, string>();
  for (const attribute of [...attributesOf(style), ...attributesOf(parameters === '' ? '0' : parameters)]) {
    const code = Number.parseInt(attribute, 10);
    CLEARED_BY_CODE.get(code)?.forEach((slot) => slots.delete(slot));
    const slot = slotOf(code);
    if (slot !== null) {
      slots.set(slot, attribute);
    }
  }
  return SLOTS.flatMap((slot) => slots.get(slot) ?? []).join(';');
}

/** The sequence that turns one style into another; empty when they are the same. */
export function sgrTransition(from: SgrStyle, to: SgrStyle): string {
  if (from === to) {
    return '';
  }
  const parameters = from === '' ? to : to === '' ? '0' : `0;${to}`;
  return `\u001b[${parameters}m`;
}

function slotOf(code: number): Slot | null {
  if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
    return 'foreground';
  }
  if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) {
    return 'background';
  }
  return SLOT_OF_CODE.get(code) ?? null;
}

/** Splits parameters; a colour of several (`38;5;n`, `38;2;r;g;b`) stays in one piece. */
function attributesOf(parameters: string): readonly string[] {
  return parameters.match(/[345]8;5;\d*|[345]8;2;\d*;\d*;\d*|[\d:]+/g) ?? (parameters === '' ? [] : ['0']);
}
