export { InboxModule } from './inbox.module.js';
export { InboxServer } from './inbox-server.service.js';
export { InboxStore } from './inbox-store.service.js';
