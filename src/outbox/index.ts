export type { Attempt, ClaimedMail, MailView, NewMail, Settlement, TimelineEntry } from './mail.js';
export {
  type InitialStatus,
  mailStatuses,
  type MailStatus,
  transitions,
  waitingStatuses,
} from './mail-state.js';
export { OutboxModule } from './outbox.module.js';
export { OutboxUpkeepModule } from './outbox-upkeep.module.js';
export { Outbox } from './outbox.service.js';
export type { MailFilter } from './read.query.js';
export type { AccountQuota } from './rate.query.js';
export { type Beats } from './worker.query.js';
export { Workers } from './workers.service.js';
