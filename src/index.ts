// For applications that use Gatepost's mail in their own NestJS application; see the README.
export { DATABASE, type Db, type Tx } from '#database';
export { MailService, type QueuedMail, type Recipient } from '#mail';
export { Outbox } from '#outbox';
export { GatepostMailModule } from './gatepost-mail.module.js';
