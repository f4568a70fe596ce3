/**
 * A question of the kernel. Everybody sees who is asked; that person answers, and others may take over on purpose.
 * Only the first answer counts.
 */
import type { Room, RoomState } from '@cokernel/core';
import type { PromptView } from '@cokernel/proto/hub';
import { roleHas } from '@cokernel/proto/hub';
import { CornerDownLeft, MessageCircleQuestion } from 'lucide-react';
import { useLayoutEffect, useRef, useState, type ReactElement, type SubmitEvent } from 'react';
import { toast } from 'sonner';
import { inBackground } from '../ui/in-background.js';
import { messageOf } from '../ui/message.js';
import './prompt-form.css';

interface PromptFormProps {
  readonly room: Room;
  readonly state: RoomState;
  readonly prompt: PromptView;
}

async function answer(room: Room, prompt: PromptView, value: string): Promise<void> {
  try {
    const { accepted } = await room.call('inputReply', { promptId: prompt.promptId, value });
    if (!accepted) toast.info('Somebody else answered first.');
  } catch (reason) {
    toast.error(messageOf(reason));
  }
}

/** The field goes with the question; the keys of the notebook shall work on. */
function giveFocusBack(field: HTMLInputElement | null): void {
  const form = field?.closest('form') ?? null;
  if (form?.contains(document.activeElement) === true) form.closest<HTMLElement>('.jp-Cell')?.focus();
}

function AnswerFields({ room, prompt }: Omit<PromptFormProps, 'state'>): ReactElement {
  const [value, setValue] = useState('');
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    const field = input.current;
    return () => giveFocusBack(field);
  }, []);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    inBackground(answer(room, prompt, value));
  };
  return (
    <form onSubmit={submit}>
      <input
        ref={input}
        data-testid="prompt-input"
        type={prompt.password ? 'password' : 'text'}
        autoComplete="off"
        aria-label={prompt.text === '' ? 'Answer' : prompt.text}
        value={value}
        onChange={(event) => setValue(event.target.value)}
        autoFocus
      />
      <button type="submit" className="ck-button ck-primary" data-testid="prompt-send">
        <CornerDownLeft aria-hidden /> Answer
      </button>
    </form>
  );
}

export function PromptForm({ room, state, prompt }: PromptFormProps): ReactElement {
  const mine = prompt.asked.participantId === state.you?.participantId;
  const [takenOver, setTakenOver] = useState(false);
  const mayTakeOver = state.you !== null && roleHas(state.you.role, 'run');
  return (
    <div className="ck-prompt" data-testid="prompt" data-mine={mine} role="group" aria-label="Question of the kernel">
      <p className="ck-prompt-who">
        <MessageCircleQuestion aria-hidden />
        {mine ? 'The kernel asks you' : `The kernel asks ${prompt.asked.name}`}
      </p>
      {prompt.text === '' ? null : <pre>{prompt.text}</pre>}
      {mine || takenOver ? <AnswerFields room={room} prompt={prompt} /> : null}
      {!mine && !takenOver && mayTakeOver ? (
        <button type="button" className="ck-button" data-testid="prompt-take-over" onClick={() => setTakenOver(true)}>
          Answer for {prompt.asked.name}
        </button>
      ) : null}
    </div>
  );
}
