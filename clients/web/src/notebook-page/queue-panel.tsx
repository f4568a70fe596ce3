/** The queue of the kernel: what runs, what waits, in which order, asked by whom; one can withdraw what waits. */
import type { Room, RoomState } from '@cokernel/core';
import { otherNotebookOf } from '@cokernel/core';
import type { RunView } from '@cokernel/proto/hub';
import { X } from 'lucide-react';
import type { ReactElement } from 'react';
import { IconButton } from '../ui/icon-button.js';
import { askHub } from './ask-hub.js';
import { PersonBadge } from './person-badge.js';
import './queue-panel.css';

interface QueuePanelProps {
  readonly room: Room;
  readonly state: RoomState;
  /** The first line of a cell's text, to name it; null when it is gone. */
  readonly firstLine: (run: RunView) => string | null;
  readonly onShow: (run: RunView) => void;
}

interface RunItemProps extends QueuePanelProps {
  readonly run: RunView;
  /** 0 is the one that runs. */
  readonly place: number;
}

function RunItem({ room, state, run, place, firstLine, onShow }: RunItemProps): ReactElement {
  const { participantId, name } = run.author;
  const color = state.participants.find((person) => person.participantId === participantId)?.color;
  const elsewhere = otherNotebookOf(run, state);
  const what = elsewhere === null ? cellText(run, firstLine) : `in ${elsewhere}`;
  const asked = state.prompt?.asked.participantId === state.you?.participantId ? 'you' : state.prompt?.asked.name;
  const mayCancel = participantId === state.you?.participantId || state.you?.role === 'owner';
  return (
    <li data-testid="queue-item" data-run-state={run.state} data-place={place}>
      <span className="ck-place">{place === 0 ? <span className="ck-spinner" aria-label="running" /> : place}</span>
      <PersonBadge name={name} color={color} />
      <button
        type="button"
        className="ck-run-what"
        onClick={() => onShow(run)}
        title={elsewhere ?? 'Show the cell'}
        disabled={elsewhere !== null}
      >
        <strong>{participantId === state.you?.participantId ? 'You' : name}</strong>
        <code>{what}</code>
        {state.prompt?.runId === run.runId ? <em>waits for an answer of {asked}</em> : null}
      </button>
      {place > 0 && mayCancel ? (
        <IconButton label="Withdraw this run" onClick={() => askHub(room, 'cancel', { runIds: [run.runId] })}>
          <X aria-hidden />
        </IconButton>
      ) : null}
    </li>
  );
}

function cellText(run: RunView, firstLine: QueuePanelProps['firstLine']): string {
  return run.target.kind === 'cell' ? (firstLine(run) ?? 'a cell that is gone') : 'outside the notebook';
}

export function QueuePanel(props: QueuePanelProps): ReactElement {
  const { running, queued } = props.state.queue;
  const empty = running === null && queued.length === 0;
  const mine = queued.filter((run) => run.author.participantId === props.state.you?.participantId);
  return (
    <section className="ck-panel" aria-labelledby="queue-title">
      <h2 id="queue-title">
        Queue {queued.length > 0 ? <span className="ck-count">{queued.length}</span> : null}
        {mine.length > 1 ? (
          <button type="button" className="ck-text-button" onClick={() => askHub(props.room, 'cancel', { mine: true })}>
            Withdraw mine
          </button>
        ) : null}
      </h2>
      <ol className="ck-queue" data-testid="queue" aria-live="polite">
        {running === null ? null : <RunItem {...props} key={running.runId} run={running} place={0} />}
        {queued.map((run, index) => (
          <RunItem {...props} key={run.runId} run={run} place={index + 1} />
        ))}
      </ol>
      {empty ? <p className="ck-hint">Nothing runs. What people run shows here, with their names.</p> : null}
    </section>
  );
}
