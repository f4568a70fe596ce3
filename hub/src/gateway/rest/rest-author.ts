/** Who asks by REST: the bearer of the token. */
import type { Author } from '@cokernel/proto/hub';
import { ParticipantId } from '@cokernel/proto/hub';

export const REST_AUTHOR: Author = { participantId: ParticipantId.parse('rest'), name: 'terminal' };
