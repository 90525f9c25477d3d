export { MailModule } from './mail.module.js';
export { MailService, messageKindNames, type QueuedMail, type Recipient } from './mail.service.js';
export { MailboxBudget, type Admission } from './mailbox-budget.service.js';
