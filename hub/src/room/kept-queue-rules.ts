/**
 * KeptQueueRules: the queue rules that were chosen in a notebook. They belong to the queue of its kernel; a fact of the
 * document's log keeps them for the kernels that are started for it later.
 */
import { DEFAULT_QUEUE_RULES, QueueRules } from '@cokernel/proto/hub';
import type { DocumentLog } from './document-store.js';

/** The name of the fact. */
export const QUEUE_RULES = 'queueRules';

export class KeptQueueRules {
  private kept: QueueRules;

  /** `fact`: what the log has; null when none were ever chosen. */
  constructor(
    private readonly log: Pick<DocumentLog, 'setFact'>,
    fact: string | null,
  ) {
    this.kept = fact === null ? DEFAULT_QUEUE_RULES : QueueRules.parse(JSON.parse(fact));
  }

  get rules(): QueueRules {
    return this.kept;
  }

  /** Durable when it resolves. */
  async keep(rules: QueueRules): Promise<void> {
    await this.log.setFact(QUEUE_RULES, JSON.stringify(rules));
    this.kept = rules;
  }
}
