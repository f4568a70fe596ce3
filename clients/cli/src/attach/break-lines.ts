/** Says that the connection broke, and that it is back; nothing of a break that is over at once, as when one hub hands over to another. */
import type { RoomState } from '@cokernel/core';
import type { Paint } from '../text/terminal-text.js';
import { connectionLines } from './room-lines.js';

export interface BreakLinesOptions {
  readonly say: (line: string) => void;
  readonly paint: Paint;
}

/** Longer than a hub takes to hand its rooms over, or to start anew. */
const BRIEF_MS = 1_500;

export class BreakLines {
  private newest: RoomState;
  private said: RoomState;
  private breaking: NodeJS.Timeout | null = null;

  constructor(
    state: RoomState,
    private readonly options: BreakLinesOptions,
  ) {
    this.newest = state;
    this.said = state;
  }

  changed(state: RoomState): void {
    this.newest = state;
    const isBreak = state.connection === 'disconnected' && this.said.connection === 'connected';
    if (!isBreak) this.sayNewest();
    else this.breaking ??= setTimeout(() => this.sayNewest(), BRIEF_MS);
  }

  /** Says nothing any more. */
  close(): void {
    if (this.breaking !== null) clearTimeout(this.breaking);
    this.breaking = null;
  }

  private sayNewest(): void {
    this.close();
    for (const line of connectionLines(this.said, this.newest, this.options.paint)) this.options.say(line);
    this.said = this.newest;
  }
}
