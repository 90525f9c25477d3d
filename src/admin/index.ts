export { AdminModule } from './admin.module.js';
export { Mails } from './mails.service.js';
