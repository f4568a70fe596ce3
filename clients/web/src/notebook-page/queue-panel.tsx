/** The queue of the kernel: what runs, what waits, in which order, asked by whom; one can withdraw and move what waits. */
import type { Room, RoomState } from '@cokernel/core';
import { otherNotebookOf, queueRulesText } from '@cokernel/core';
import { roleHas, type RunView } from '@cokernel/proto/hub';
import { X } from 'lucide-react';
import { useState, type ReactElement } from 'react';
import { IconButton } from '../ui/icon-button.js';
import { askHub } from './ask-hub.js';
import { MoveButtons } from './move-buttons.js';
import { PersonBadge } from './person-badge.js';
import { QueueRulesDialog } from './queue-rules-dialog.js';
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
  const isMine = participantId === state.you?.participantId;
  const mayCancel = isMine || (elsewhere === null && state.you?.role === 'owner');
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
        <strong>{isMine ? 'You' : name}</strong>
        <code>{what}</code>
        {state.prompt?.runId === run.runId ? <em>waits for an answer of {asked}</em> : null}
      </button>
      {place > 0 ? <MoveButtons room={room} state={state} run={run} place={place} /> : null}
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
  const { running, queued, rules } = props.state.queue;
  const empty = running === null && queued.length === 0;
  const inForce = queueRulesText(rules);
  return (
    <section className="ck-panel" aria-labelledby="queue-title">
      <QueueTitle {...props} />
      {inForce === null ? null : (
        <p className="ck-hint ck-rules" data-testid="queue-rules-text">
          {inForce}
        </p>
      )}
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

function QueueTitle({ room, state }: QueuePanelProps): ReactElement {
  const [isChoosing, setChoosing] = useState(false);
  const { queued, rules } = state.queue;
  const mine = queued.filter((run) => run.author.participantId === state.you?.participantId);
  const mayChoose = state.you !== null && roleHas(state.you.role, 'manage');
  return (
    <h2 id="queue-title">
      Queue {queued.length > 0 ? <span className="ck-count">{queued.length}</span> : null}
      {mine.length > 1 ? (
        <button type="button" className="ck-text-button" onClick={() => askHub(room, 'cancel', { mine: true })}>
          Withdraw mine
        </button>
      ) : null}
      {mayChoose ? (
        <button
          type="button"
          className="ck-text-button"
          data-testid="queue-rules"
          title="How runs wait: their order, how many, and how long one may take"
          onClick={() => setChoosing(true)}
        >
          Rules
        </button>
      ) : null}
      {isChoosing ? <QueueRulesDialog room={room} rules={rules} onClose={() => setChoosing(false)} /> : null}
    </h2>
  );
}
