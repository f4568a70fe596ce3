/** Who is in the room, in which colour and by which program. */
import type { ParticipantView } from '@cokernel/proto/hub';
import { Boxes, Globe, SquareTerminal } from 'lucide-react';
import type { ReactElement } from 'react';
import { PersonBadge } from './person-badge.js';
import './people.css';

type Client = ParticipantView['clients'][number];

const clientNames: Readonly<Record<Client, string>> = { page: 'page', terminal: 'terminal', program: 'program' };

function ClientIcon({ client }: { readonly client: Client }): ReactElement {
  const Icon = { page: Globe, terminal: SquareTerminal, program: Boxes }[client];
  return (
    <span className="ck-client" title={`Here by ${clientNames[client]}`}>
      <Icon aria-hidden />
      {clientNames[client]}
    </span>
  );
}

interface PeopleProps {
  readonly participants: readonly ParticipantView[];
  readonly you: ParticipantView['participantId'] | null;
}

/** Those who are here now; the hub also tells of people who have left. */
function present(participants: readonly ParticipantView[]): ParticipantView[] {
  return participants.filter((participant) => participant.clients.length > 0);
}

export function People({ participants, you }: PeopleProps): ReactElement {
  return (
    <section className="ck-panel" aria-labelledby="people-title">
      <h2 id="people-title">People</h2>
      <ul className="ck-people" data-testid="people">
        {present(participants).map((person) => (
          <li key={person.participantId} data-testid={`person-${person.name}`}>
            <PersonBadge name={person.name} color={person.color} />
            <span className="ck-person-name">
              {person.name}
              {person.participantId === you ? <small> (you)</small> : null}
            </span>
            <span className="ck-clients">
              {[...new Set(person.clients)].map((client) => (
                <ClientIcon key={client} client={client} />
              ))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The same people small, for the top bar. */
export function Faces({ participants }: { readonly participants: readonly ParticipantView[] }): ReactElement {
  const here = present(participants);
  const names = here.map((person) => person.name).join(', ');
  return (
    <span className="ck-faces" role="img" aria-label={`Here: ${names}`} title={names}>
      {here.slice(0, 5).map((person) => (
        <PersonBadge key={person.participantId} name={person.name} color={person.color} />
      ))}
      {here.length > 5 ? <span className="ck-badge ck-more">+{here.length - 5}</span> : null}
    </span>
  );
}
