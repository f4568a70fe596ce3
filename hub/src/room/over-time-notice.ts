/** What a run's author is told when it is interrupted for the time that it took. */
import type { CellId, HubEvent } from '@cokernel/proto/hub';
import { timeLimitText } from '../run/current-run.js';

export function overTimeNotice(mostSeconds: number, cellId: CellId | null): HubEvent {
  const message = `Your run was interrupted: ${timeLimitText(mostSeconds)}.`;
  return { event: 'notice', level: 'warning', code: 'ranOverTime', message, ...(cellId && { cellIds: [cellId] }) };
}
