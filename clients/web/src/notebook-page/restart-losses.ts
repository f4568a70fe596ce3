/** Pure: whose runs a restart ends, so that nobody presses it without knowing. */
import { type ParticipantId, type QueueView, type RunView, SOMEBODY } from '@cokernel/proto/hub';

const counted = (count: number, one: string, many: string): string => (count === 1 ? one : `${count} ${many}`);

function byAuthor(runs: readonly RunView[]): Map<ParticipantId, RunView[]> {
  const groups = new Map<ParticipantId, RunView[]>();
  for (const run of runs) {
    const group = groups.get(run.author.participantId) ?? [];
    groups.set(run.author.participantId, [...group, run]);
  }
  return groups;
}

/** One sentence a person whose work is lost, the running cell's author first. */
export function restartLosses(queue: QueueView, you: ParticipantId | null): string[] {
  const whose = ({ author }: RunView): string => {
    if (author.participantId === SOMEBODY.participantId) return "Another notebook's";
    return author.participantId === you ? 'Your' : `${author.name}'s`;
  };
  const running = queue.running === null ? [] : [`${whose(queue.running)} running cell is stopped.`];
  const waiting = [...byAuthor(queue.queued).values()].flatMap((runs) => {
    const [first] = runs;
    if (first === undefined) return [];
    const what = counted(runs.length, 'waiting run is', 'waiting runs are');
    return [`${whose(first)} ${what} withdrawn.`];
  });
  return [...running, ...waiting];
}
