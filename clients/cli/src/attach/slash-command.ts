/** Pure: what a line that begins with `/` asks for. No kernel language that we know begins a line so. */

export type SlashCommand =
  | { readonly name: 'help' | 'people' | 'queue' | 'cancel' | 'kernel' | 'save' | 'leave' }
  | { readonly name: 'private'; readonly code: string }
  /** Places as /queue shows them; null: they were not said so. */
  | { readonly name: 'move'; readonly places: { readonly from: number; readonly to: number } | null }
  /** `text` null: ask for it. */
  | { readonly name: 'answer'; readonly text: string | null }
  | { readonly name: 'unknown'; readonly word: string };

export const helpText = `Enter      runs what you typed as a new cell that everybody sees
Alt-Enter  begins a new line          Tab     completes
Up, Down   earlier inputs             Ctrl-C  interrupts your run, or clears the line
Ctrl-D     leaves; kernel and notebook go on

/private CODE  runs CODE on the same kernel, outside the notebook
/answer [TEXT] answers the question that the kernel asks somebody
/people  who is here      /queue   what runs and what waits
/cancel  withdraws your queued runs
/move FROM TO  moves your run from one place of the queue to another
/kernel  starts a kernel where there is none
/save    writes the file now      /leave   leaves
`.trimEnd();

/** Null when the text is code. */
export function readSlashCommand(text: string): SlashCommand | null {
  const match = /^\s*\/([a-z]+)(?:[ \t]+([^]*))?$/.exec(text.trimEnd());
  if (match === null) return null;
  const rest = match[2] ?? '';
  switch (match[1]) {
    case 'help':
    case 'people':
    case 'queue':
    case 'cancel':
    case 'kernel':
    case 'save':
    case 'leave':
      return { name: match[1] };
    case 'move':
      return { name: 'move', places: placesIn(rest) };
    case 'private':
      return { name: 'private', code: rest };
    case 'answer':
      return { name: 'answer', text: match[2] === undefined ? null : rest };
    default:
      return { name: 'unknown', word: match[1] ?? '' };
  }
}

function placesIn(text: string): { from: number; to: number } | null {
  const [, from, to] = /^([1-9]\d{0,4})[ \t]+([1-9]\d{0,4})$/.exec(text.trim()) ?? [];
  return from === undefined || to === undefined ? null : { from: Number(from), to: Number(to) };
}
