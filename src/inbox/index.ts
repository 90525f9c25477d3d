export { InboxModule, type InboxOptions } from './inbox.module.js';
export { InboxServer } from './inbox-server.service.js';
export { InboxStore, type InboxLimits } from './inbox-store.service.js';
export type { InboxItem } from './inbox.schemas.js';
